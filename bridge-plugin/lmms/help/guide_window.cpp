// SPDX-License-Identifier: GPL-3.0-or-later
#include "guide_window.h"

#include <QHBoxLayout>
#include <QLineEdit>
#include <QListWidget>
#include <QShortcut>
#include <QToolButton>

#include "guide_page.h"

namespace continuo::fx
{

namespace
{

constexpr int placeRole = Qt::UserRole;
constexpr int listWidth = 230;
constexpr QSize wantedSize(900, 620);
constexpr const char* firstChapter = "index";

constexpr const char* colours = R"(
#guide { background: #262b30; }
#guide QWidget { color: #d1d8e4; }
#guide QLineEdit { background: #101213; border: 1px solid #101213; border-radius: 3px; padding: 3px 4px; }
#guide QLineEdit:focus { border: 1px solid #0bd556; }
#guide QListWidget { background: transparent; border: none; }
#guide QListWidget::item { padding: 3px; }
#guide QListWidget::item:selected { background: #17793b; }
#guide QTextBrowser { background: #15191c; border: 1px solid #101213; }
#guide QToolButton { background: #3b424a; border: 1px solid #181b1f; border-radius: 3px; padding: 3px 10px; }
#guide QToolButton:hover { background: #485058; }
#guide QToolButton:disabled { background: #2c3238; color: #6b7480; }
)";

} // namespace


GuideWindow::GuideWindow(QWidget* parent) : QWidget(parent, Qt::Window), m_guide(Guide::folder())
{
	setObjectName("guide");
	setAttribute(Qt::WA_StyledBackground);
	setStyleSheet(colours);
	resize(wantedSize);

	auto* back = new QToolButton(this);
	back->setArrowType(Qt::LeftArrow);
	back->setToolTip(tr("Back (Alt+Left)"));
	auto* forward = new QToolButton(this);
	forward->setArrowType(Qt::RightArrow);
	forward->setToolTip(tr("Forward (Alt+Right)"));
	auto* buttons = new QHBoxLayout;
	buttons->addWidget(back);
	buttons->addWidget(forward);
	buttons->addStretch(1);
	m_words = new QLineEdit(this);
	m_words->setPlaceholderText(tr("search the guide"));
	m_words->setClearButtonEnabled(true);
	m_list = new QListWidget(this);
	m_list->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
	m_list->setWordWrap(true);
	auto* left = new QWidget(this);
	left->setFixedWidth(listWidth);
	auto* column = new QVBoxLayout(left);
	column->setContentsMargins(0, 0, 0, 0);
	column->addLayout(buttons);
	column->addWidget(m_words);
	column->addWidget(m_list, 1);
	m_page = new GuidePage(this);
	auto* line = new QHBoxLayout(this);
	line->addWidget(left);
	line->addWidget(m_page, 1);

	back->setEnabled(false);
	forward->setEnabled(false);
	connect(m_page, &QTextBrowser::backwardAvailable, back, &QToolButton::setEnabled);
	connect(m_page, &QTextBrowser::forwardAvailable, forward, &QToolButton::setEnabled);
	connect(back, &QToolButton::clicked, m_page, &QTextBrowser::backward);
	connect(forward, &QToolButton::clicked, m_page, &QTextBrowser::forward);
	connect(m_page, &GuidePage::shown, this,
		[this](const QString& heading) { setWindowTitle(tr("%1 - Continuo guide").arg(heading)); });
	connect(m_words, &QLineEdit::textChanged, this, &GuideWindow::fillList);
	connect(m_list, &QListWidget::itemClicked, this,
		[this](const QListWidgetItem* item) { m_page->setSource(m_guide.url(item->data(placeRole).toString())); });
	connect(m_words, &QLineEdit::returnPressed, this, [this] {
		if (auto* item = m_list->item(0)) { emit m_list->itemClicked(item); }
	});
	connect(new QShortcut(QKeySequence::Cancel, this), &QShortcut::activated, this, &QWidget::close);
	fillList();
}

void GuideWindow::open(const QString& place)
{
	// Before the page: a picture is fitted to the width that it has then.
	show();
	if (m_guide.isEmpty())
	{
		setWindowTitle(tr("Continuo guide"));
		m_page->setPlainText(tr("The guide is not where it was installed. Install Continuo's documentation, "
								"or set CONTINUO_GUIDE to the folder of the guide."));
	}
	else { m_page->setSource(m_guide.url(place.isEmpty() ? firstChapter : place)); }
	raise();
	activateWindow();
}

void GuideWindow::fillList()
{
	const auto words = m_words->text().trimmed();
	m_list->clear();
	for (const auto& section : words.isEmpty() ? m_guide.chapters() : m_guide.find(words))
	{
		const bool whole = section.heading == section.chapter;
		auto* item = new QListWidgetItem(whole ? section.heading : section.chapter + ": " + section.heading, m_list);
		item->setData(placeRole, section.place);
	}
}

} // namespace continuo::fx
