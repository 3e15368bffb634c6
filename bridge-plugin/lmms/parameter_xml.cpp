// SPDX-License-Identifier: GPL-3.0-or-later
#include "parameter_xml.h"

#include <algorithm>
#include <QStringList>
#include <cmath>

namespace continuo::fx
{

namespace
{

constexpr int exactDigits = 9; // of a float

std::optional<float> readValue(const QDomElement& element, const QString& id)
{
	const QString name = parameterPrefix + id;
	const QDomElement child = element.firstChildElement(name);
	bool readable = false;
	const float value = (child.isNull() ? element.attribute(name) : child.attribute("value")).toFloat(&readable);
	return readable && std::isfinite(value) ? std::optional(value) : std::nullopt;
}

std::optional<client::ParameterInfo> readDescription(const QDomElement& element)
{
	client::ParameterInfo info;
	info.id = element.attribute("id").toStdString();
	info.name = element.attribute("name", element.attribute("id")).toStdString();
	info.unit = element.attribute("unit").toStdString();
	info.description = element.attribute("description").toStdString();
	info.minimum = element.attribute("minimum").toFloat();
	info.maximum = element.attribute("maximum").toFloat();
	info.default_value = element.attribute("default").toFloat();
	info.logarithmic = element.attribute("curve") == "logarithmic";
	info.advanced = element.attribute("level") == "advanced";
	const bool usable = std::isfinite(info.minimum) && std::isfinite(info.maximum) && info.minimum < info.maximum;
	return usable ? std::optional(info) : std::nullopt;
}

} // namespace


std::vector<SavedParameter> savedParameters(const QDomElement& element)
{
	std::vector<SavedParameter> saved;
	const auto add = [&](const QString& id, const std::optional<client::ParameterInfo>& info) {
		const auto same = [&](const SavedParameter& other) { return other.id == id; };
		if (id.isEmpty() || std::any_of(saved.begin(), saved.end(), same)) { return; }
		if (const auto value = readValue(element, id)) { saved.push_back({id, *value, info}); }
	};

	for (auto child = element.firstChildElement("parameter"); !child.isNull();
		 child = child.nextSiblingElement("parameter"))
	{
		add(child.attribute("id"), readDescription(child));
	}
	QStringList names;
	const auto attributes = element.attributes();
	for (int i = 0; i < attributes.count(); ++i) { names << attributes.item(i).nodeName(); }
	for (auto child = element.firstChildElement(); !child.isNull(); child = child.nextSiblingElement())
	{
		names << child.tagName();
	}
	names.sort(); // Qt keeps attributes in no order
	for (const auto& name : names)
	{
		if (name.startsWith(parameterPrefix)) { add(name.mid(parameterPrefix.size()), std::nullopt); }
	}
	return saved;
}

void saveDescription(QDomDocument& document, QDomElement& element, const client::ParameterInfo& info)
{
	const auto number = [](float value) { return QString::number(value, 'g', exactDigits); };
	QDomElement child = document.createElement("parameter");
	child.setAttribute("id", QString::fromStdString(info.id));
	child.setAttribute("name", QString::fromStdString(info.name));
	child.setAttribute("unit", QString::fromStdString(info.unit));
	child.setAttribute("description", QString::fromStdString(info.description));
	child.setAttribute("minimum", number(info.minimum));
	child.setAttribute("maximum", number(info.maximum));
	child.setAttribute("default", number(info.default_value));
	child.setAttribute("curve", info.logarithmic ? "logarithmic" : "linear");
	child.setAttribute("level", info.advanced ? "advanced" : "basic");
	element.appendChild(child);
}

void writeExactly(QDomElement& element, const QString& name, float value)
{
	QDomElement child = element.firstChildElement(name);
	const float written = (child.isNull() ? element.attribute(name) : child.attribute("value")).toFloat();
	// A controlled parameter tells its controller's value, while LMMS has written the knob's.
	if (std::abs(written - value) > 1e-6F * std::abs(value)) { return; }
	const QString text = QString::number(value, 'g', exactDigits);
	if (child.isNull()) { element.setAttribute(name, text); }
	else { child.setAttribute("value", text); }
}

} // namespace continuo::fx
