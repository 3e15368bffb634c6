// SPDX-License-Identifier: GPL-3.0-or-later
// What a project holds for the effect and this version does not know: kept, and written back as it was.
#pragma once

#include <QDomDocument>
#include <functional>

namespace continuo::fx
{

class SavedRest
{
public:
	//! Takes all attributes and children of `element` but those for which `isKnown` is true
	void read(const QDomElement& element, const std::function<bool(const QString&)>& isKnown);
	void write(QDomDocument& document, QDomElement& element) const;

private:
	QDomDocument m_document;
};

} // namespace continuo::fx
