// SPDX-License-Identifier: GPL-3.0-or-later
// Five steps that point at the studio's controls, at its first start: a balloon beside the control, a
// frame around it. The studio can be used meanwhile.
//
// Controls are found by their place in the guide (help/help.h), so the tour knows no view.
// Threads: [main-thread].
#pragma once

#include <QFrame>
#include <QPointer>

class QLabel;
class QPushButton;
class QTabWidget;

namespace continuo::fx
{

class Tour : public QFrame
{
	Q_OBJECT
public:
	//! Its steps are in the tabs' pages, its balloon over `studio`
	Tour(QTabWidget* tabs, QWidget* studio);

	//! Whether it was neither gone through nor refused yet
	static bool isWanted();
	//! From the first step
	void start();

protected:
	bool eventFilter(QObject* watched, QEvent* event) override;

private:
	void turnTo(int step);
	//! Beside its control, where that is now
	void point();
	//! `forGood`: it does not come by itself again
	void end(bool forGood);

	QTabWidget* m_tabs;
	QWidget* m_studio;
	QFrame* m_frame; //!< around the control
	QLabel* m_title;
	QLabel* m_words;
	QPushButton* m_never;
	QPushButton* m_back;
	QPushButton* m_next;
	QPointer<QWidget> m_target;
	int m_step = 0;
};

} // namespace continuo::fx
