// SPDX-License-Identifier: GPL-3.0-or-later
// One of the sides A and B as LMMS's undo knows it, so that what was copied over it can be had back,
// whichever side sounds by then.
//
// Threads: [main-thread].
#pragma once

#include "lmms_compat.h"

namespace continuo::fx
{

class ContinuoControls;

//! Of a side's settings where they are kept aside: in a project, and in a step of the undo
inline const QString otherSideTag = QStringLiteral("other_side");

class ComparedSide : public JournallingObject
{
public:
	ComparedSide(ContinuoControls* controls, bool isB) : m_controls(controls), m_isB(isB) {}

	QString nodeName() const override { return "continuofxside"; }

protected:
	void saveSettings(QDomDocument& document, QDomElement& element) override;
	void loadSettings(const QDomElement& element) override;

private:
	ContinuoControls* m_controls;
	bool m_isB;
};

} // namespace continuo::fx
