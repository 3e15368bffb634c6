// SPDX-License-Identifier: GPL-3.0-or-later
#include "saved_rest.h"

namespace continuo::fx
{

void SavedRest::read(const QDomElement& element, const std::function<bool(const QString&)>& isKnown)
{
	m_document = QDomDocument();
	QDomElement rest = m_document.createElement("rest");
	m_document.appendChild(rest);

	const auto attributes = element.attributes();
	for (int i = 0; i < attributes.count(); ++i)
	{
		const QDomAttr attribute = attributes.item(i).toAttr();
		if (!isKnown(attribute.name())) { rest.setAttribute(attribute.name(), attribute.value()); }
	}
	for (auto child = element.firstChildElement(); !child.isNull(); child = child.nextSiblingElement())
	{
		if (!isKnown(child.tagName())) { rest.appendChild(m_document.importNode(child, true)); }
	}
}

void SavedRest::write(QDomDocument& document, QDomElement& element) const
{
	const QDomElement rest = m_document.documentElement();
	const auto attributes = rest.attributes();
	for (int i = 0; i < attributes.count(); ++i)
	{
		const QDomAttr attribute = attributes.item(i).toAttr();
		element.setAttribute(attribute.name(), attribute.value());
	}
	for (auto child = rest.firstChildElement(); !child.isNull(); child = child.nextSiblingElement())
	{
		element.appendChild(document.importNode(child, true));
	}
}

} // namespace continuo::fx
