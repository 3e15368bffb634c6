// SPDX-License-Identifier: GPL-3.0-or-later
#include "tour.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QSettings>
#include <QTabWidget>
#include <algorithm>
#include <iterator>

#include "help/help.h"
#include "studio_settings.h"

namespace continuo::fx
{

namespace
{

constexpr const char* seenKey = "tour/seen";
constexpr int balloonWidth = 380;
constexpr int gap = 8;
constexpr int frameRoom = 3;

struct Step
{
	const char* place; //!< of its control in the guide
	const char* title;
	const char* words;
};

const Step steps[] = {
	{"create#task", QT_TR_NOOP("Choose what to make"),
		QT_TR_NOOP("A melody, drums, voices to what you have, or more of it. "
				   "Below are the controls; they may all stay as they are.")},
	{"create#generate", QT_TR_NOOP("Generate"),
		QT_TR_NOOP("Makes some candidates. They appear on the right as they are written, the best one on top; "
				   "click on one to choose it.")},
	{"candidates#listen", QT_TR_NOOP("Listen"),
		QT_TR_NOOP("Plays the chosen one, with built-in sounds or through an instrument of your song. "
				   "Nothing is added to the song.")},
	{"candidates#place", QT_TR_NOOP("Place"),
		QT_TR_NOOP("Puts it into the song, at the bar and on the track that you say. "
				   "Undo placement takes it out again.")},
	{"history#the-list", QT_TR_NOOP("Where everything is kept"),
		QT_TR_NOOP("The history has all that was ever made, to be found, heard and placed again. "
				   "For more: press ? and click on a control, or F1 over it.")},
};
constexpr int lastStep = static_cast<int>(std::size(steps)) - 1;

} // namespace


Tour::Tour(QTabWidget* tabs, QWidget* studio) : QFrame(studio), m_tabs(tabs), m_studio(studio)
{
	setObjectName("tour");
	withHelp(this, "studio#the-tour");
	setFixedWidth(balloonWidth);
	m_frame = new QFrame(studio);
	m_frame->setObjectName("tour-frame");
	m_frame->setAttribute(Qt::WA_TransparentForMouseEvents);
	m_frame->hide();

	auto* column = new QVBoxLayout(this);
	m_title = new QLabel(this);
	m_words = new QLabel(this);
	m_words->setWordWrap(true);
	column->addWidget(m_title);
	column->addWidget(m_words);
	auto* buttons = new QHBoxLayout;
	auto* skip = new QPushButton(tr("Skip"), this);
	skip->setToolTip(tr("It comes again with the next start of LMMS"));
	m_never = new QPushButton(tr("Never again"), this);
	m_back = new QPushButton(tr("Back"), this);
	m_next = new QPushButton(this);
	buttons->addWidget(skip);
	buttons->addWidget(m_never);
	buttons->addStretch(1);
	buttons->addWidget(m_back);
	buttons->addWidget(m_next);
	column->addLayout(buttons);
	hide();

	connect(skip, &QPushButton::clicked, this, [this] { end(false); });
	connect(m_never, &QPushButton::clicked, this, [this] { end(true); });
	connect(m_back, &QPushButton::clicked, this, [this] { turnTo(m_step - 1); });
	connect(m_next, &QPushButton::clicked, this, [this] {
		if (m_step < lastStep)
		{
			turnTo(m_step + 1);
			return;
		}
		end(true);
		m_tabs->setCurrentIndex(0); // where one begins
	});
	connect(tabs, &QTabWidget::currentChanged, this, &Tour::point);
	studio->installEventFilter(this);
}

bool Tour::isWanted() { return !QSettings(studioSettingsPath(), QSettings::IniFormat).value(seenKey).toBool(); }

void Tour::start() { turnTo(0); }

void Tour::turnTo(int step)
{
	m_step = step;
	const auto& shown = steps[step];
	const auto inPages = m_tabs->findChildren<QWidget*>();
	const auto found = std::find_if(inPages.begin(), inPages.end(),
		[&](const QWidget* widget) { return widget->property(helpProperty).toString() == shown.place; });
	m_target = found == inPages.end() ? nullptr : *found;
	for (int page = 0; m_target && page < m_tabs->count(); ++page)
	{
		if (m_tabs->widget(page)->isAncestorOf(m_target)) { m_tabs->setCurrentIndex(page); }
	}
	m_title->setText(QString("<b>%1</b> · %2/%3").arg(tr(shown.title)).arg(step + 1).arg(lastStep + 1));
	m_words->setText(tr(shown.words));
	m_back->setEnabled(step > 0);
	m_next->setText(step == lastStep ? tr("Done") : tr("Next"));
	show();
	m_next->setFocus();
	point();
}

void Tour::point()
{
	if (!isVisible()) { return; }
	// Of what the user has turned to meanwhile only the balloon is left.
	m_frame->setVisible(m_target && m_target->isVisible());
	resize(balloonWidth, heightForWidth(balloonWidth));
	raise();
	if (!m_frame->isVisible()) { return; }
	const QRect control(m_target->mapTo(m_studio, QPoint(0, 0)), m_target->size());
	m_frame->setGeometry(control.adjusted(-frameRoom, -frameRoom, frameRoom, frameRoom));
	m_frame->raise();
	raise();
	const auto room = m_studio->rect().adjusted(gap, gap, -gap, -gap);
	QPoint corner(control.left(), control.bottom() + gap);
	if (corner.y() + height() > room.bottom()) { corner.setY(control.top() - gap - height()); }
	// Beside what is as high as the window
	if (corner.y() < room.top()) { corner = {control.right() + gap, control.top() + gap}; }
	corner.setX(qBound(room.left(), corner.x(), qMax(room.left(), room.right() - width())));
	move(corner);
}

bool Tour::eventFilter(QObject* watched, QEvent* event)
{
	if (event->type() == QEvent::Resize || event->type() == QEvent::Show)
	{
		// When the layout has followed
		QMetaObject::invokeMethod(this, &Tour::point, Qt::QueuedConnection);
	}
	return QFrame::eventFilter(watched, event);
}

void Tour::end(bool forGood)
{
	hide();
	m_frame->hide();
	if (forGood) { QSettings(studioSettingsPath(), QSettings::IniFormat).setValue(seenKey, true); }
}

} // namespace continuo::fx
