// SPDX-License-Identifier: GPL-3.0-or-later
// The guide, opened at the place that says more of a control.
//
// A control carries that place: a chapter and a heading of docs/guide, "create#seed". One that has
// none has its parent's. F1 opens the place of the control under the mouse, else of the one with the
// focus; in the mode of "?" (QWhatsThis) a click opens it.
//
//   m_seed = withHelp(new QLineEdit(this), "create#seed");
//   new WindowHelp(this); // once, in the window's constructor
//
// Keys are heard only within such a window, so those of the host stay its own.
// Threads: [main-thread].
#pragma once

#include <QVariant>
#include <QWidget>

namespace continuo::fx
{

inline constexpr const char* helpProperty = "continuo-help";

//! Gives the widget its place in the guide, and returns it
template<class Widget>
Widget* withHelp(Widget* widget, const char* place)
{
	widget->setProperty(helpProperty, QString::fromLatin1(place));
	return widget;
}

//! The place of the widget, or of the nearest parent that has one; may be empty
QString helpPlace(const QWidget* widget);

//! Shows the guide's window there; it belongs to the window that `asker` is in
void openGuide(QWidget* asker, const QString& place);

//! Makes F1 and "?" work within a window; goes with it
class WindowHelp : public QObject
{
public:
	explicit WindowHelp(QWidget* window);

protected:
	bool eventFilter(QObject* watched, QEvent* event) override;

private:
	QString askedPlace() const;

	QWidget* m_window;
};

} // namespace continuo::fx
