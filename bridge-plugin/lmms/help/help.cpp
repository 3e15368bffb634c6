// SPDX-License-Identifier: GPL-3.0-or-later
#include "help.h"

#include <QApplication>
#include <QCursor>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QPointer>
#include <QWhatsThis>

#include "guide_window.h"

namespace continuo::fx
{

namespace
{

bool isHelpKey(const QEvent* event)
{
	const auto* key = static_cast<const QKeyEvent*>(event);
	return key->key() == Qt::Key_F1 && key->modifiers() == Qt::NoModifier;
}

//! A heading, not a whole chapter
bool isExact(const QString& place) { return place.contains('#'); }

} // namespace


QString helpPlace(const QWidget* widget)
{
	for (; widget != nullptr; widget = widget->parentWidget())
	{
		const auto place = widget->property(helpProperty).toString();
		if (!place.isEmpty()) { return place; }
	}
	return {};
}

void openGuide(QWidget* asker, const QString& place)
{
	static QPointer<GuideWindow> window;
	if (!window) { window = new GuideWindow(asker->window()); }
	window->open(place);
}

WindowHelp::WindowHelp(QWidget* window) : QObject(window), m_window(window) { window->installEventFilter(this); }

//! What no child has taken comes to the window
bool WindowHelp::eventFilter(QObject* watched, QEvent* event)
{
	switch (event->type())
	{
	case QEvent::ShortcutOverride:
		// Else a shortcut of the host would be asked first.
		if (!isHelpKey(event)) { break; }
		event->accept();
		return true;
	case QEvent::KeyPress:
		if (!isHelpKey(event)) { break; }
		openGuide(m_window, askedPlace());
		return true;
	case QEvent::QueryWhatsThis: event->accept(); return true;
	case QEvent::WhatsThis: {
		const auto* asked = QApplication::widgetAt(static_cast<QHelpEvent*>(event)->globalPos());
		QWhatsThis::leaveWhatsThisMode();
		openGuide(m_window, helpPlace(asked));
		event->accept();
		return true;
	}
	default: break;
	}
	return QObject::eventFilter(watched, event);
}

QString WindowHelp::askedPlace() const
{
	const auto* pointed = QApplication::widgetAt(QCursor::pos());
	const auto place = pointed != nullptr && m_window->isAncestorOf(pointed) ? helpPlace(pointed) : QString();
	// A mouse that rests on nothing in particular says less than the focus.
	if (isExact(place)) { return place; }
	const auto focused = helpPlace(QApplication::focusWidget());
	return isExact(focused) || place.isEmpty() ? focused : place;
}

} // namespace continuo::fx
