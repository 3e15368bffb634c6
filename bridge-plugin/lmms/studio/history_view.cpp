// SPDX-License-Identifier: GPL-3.0-or-later
#include "history_view.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDateTime>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QTimer>
#include <QTreeWidget>
#include <QVBoxLayout>
#include <algorithm>

#include "candidates_panel.h"
#include "help/help.h"

namespace continuo::fx
{

namespace
{

using studio::Making;
using studio::Task;

constexpr int listWidth = 330;
constexpr int askDelayMilliseconds = 250;
constexpr int idRole = Qt::UserRole;
constexpr int bestRating = 5;

enum Column
{
	starColumn,
	whenColumn,
	whatColumn,
	scoreColumn,
	columns
};

QString text(const std::string& utf8) { return QString::fromStdString(utf8); }

QString star() { return QChar(0x2605); }

QString taskWords(Task task)
{
	const auto words = text(studio::ToWords(task));
	return words.left(1).toUpper() + words.mid(1);
}

double bestScore(const studio::Record& record)
{
	double best = 0;
	for (const auto& candidate : record.candidates) { best = std::max(best, candidate.score); }
	return best;
}

QString title(const studio::Record& record)
{
	return record.title.empty() ? taskWords(record.plan.request.task) : text(record.title);
}

void fillItem(QTreeWidgetItem* item, const studio::Record& record)
{
	item->setData(0, idRole, text(record.id));
	QString marks = record.starred ? star() : QString();
	if (record.rating > 0) { marks += QString::number(record.rating); }
	item->setText(starColumn, marks);
	const auto when = QDateTime::fromMSecsSinceEpoch(record.created_unix_ms);
	const bool today = when.date() == QDate::currentDate();
	item->setText(whenColumn, when.toString(today ? "HH:mm:ss" : "yyyy-MM-dd"));
	item->setToolTip(whenColumn, QLocale().toString(when));
	const auto key = text(record.plan.request.key);
	item->setText(whatColumn, title(record) + (key.isEmpty() ? QString() : " · " + key));
	item->setText(scoreColumn, QString::number(bestScore(record), 'f', 2));
}

} // namespace


HistoryView::HistoryView(StudioHub* hub, SongLink* song, Audition* audition, QWidget* parent) :
	QWidget(parent),
	m_hub(hub)
{
	withHelp(this, "history");
	auto* line = new QHBoxLayout(this);
	auto* left = new QWidget(this);
	left->setFixedWidth(listWidth);
	auto* column = new QVBoxLayout(left);
	column->setContentsMargins(0, 0, 0, 0);
	column->addWidget(makeFilters());
	m_list = withHelp(new QTreeWidget(left), "history#the-list");
	m_list->setColumnCount(columns);
	m_list->setHeaderLabels({star(), tr("When"), tr("What"), tr("Score")});
	m_list->setRootIsDecorated(false);
	m_list->header()->setStretchLastSection(false);
	m_list->header()->setSectionResizeMode(whatColumn, QHeaderView::Stretch);
	for (const auto narrow : {starColumn, whenColumn, scoreColumn})
	{
		m_list->header()->setSectionResizeMode(narrow, QHeaderView::ResizeToContents);
	}
	column->addWidget(m_list, 1);
	m_more = withHelp(new QPushButton(tr("Older ones"), left), "history#older-ones");
	m_more->hide();
	column->addWidget(m_more);
	line->addWidget(left);

	auto* right = new QVBoxLayout;
	m_about = withHelp(new QLabel(this), "history#about-the-entry");
	m_about->setWordWrap(true);
	m_about->setAlignment(Qt::AlignTop | Qt::AlignLeft);
	m_about->setFixedHeight(fontMetrics().lineSpacing() * 2 + 2);
	right->addWidget(m_about);
	right->addWidget(makeActions());
	m_panel = new CandidatesPanel(song, audition, this);
	right->addWidget(m_panel, 1);
	line->addLayout(right, 1);

	m_askTimer = new QTimer(this);
	m_askTimer->setSingleShot(true);
	m_askTimer->setInterval(askDelayMilliseconds);
	connect(m_askTimer, &QTimer::timeout, this, &HistoryView::ask);
	connect(m_list, &QTreeWidget::currentItemChanged, this, &HistoryView::showCurrent);
	connect(m_more, &QPushButton::clicked, this, &HistoryView::askForMore);
	connect(m_panel, &CandidatesPanel::said, this, &HistoryView::said);
	connect(m_panel, &CandidatesPanel::derive, this, &HistoryView::derive);
	connect(m_hub, &StudioHub::recordsChanged, this, [this] {
		m_stale = true;
		if (isVisible()) { m_askTimer->start(); }
	});
	showRecord({});
}

QWidget* HistoryView::makeFilters()
{
	auto* row = new QWidget(this);
	auto* line = new QHBoxLayout(row);
	line->setContentsMargins(0, 0, 0, 0);
	m_words = withHelp(new QLineEdit(row), "history#search");
	m_words->setPlaceholderText(tr("search"));
	m_words->setClearButtonEnabled(true);
	m_words->setToolTip(tr("Words of title, comment, model, key, scale and style"));
	m_task = withHelp(new QComboBox(row), "history#which-task");
	m_task->addItem(tr("all"), static_cast<int>(Task::kAny));
	for (const auto task :
		{Task::kMelody, Task::kHarmony, Task::kDrums, Task::kContinue, Task::kInfill, Task::kVary, Task::kHumanize})
	{
		m_task->addItem(taskWords(task), static_cast<int>(task));
	}
	m_starredOnly = withHelp(new QCheckBox(star(), row), "history#only-starred");
	m_starredOnly->setToolTip(tr("Only what has a star"));
	line->addWidget(m_words, 1);
	line->addWidget(m_task);
	line->addWidget(m_starredOnly);
	connect(m_words, &QLineEdit::textChanged, this, [this] { m_askTimer->start(); });
	connect(m_task, QOverload<int>::of(&QComboBox::currentIndexChanged), this, &HistoryView::ask);
	connect(m_starredOnly, &QCheckBox::toggled, this, &HistoryView::ask);
	return row;
}

QWidget* HistoryView::makeActions()
{
	auto* row = new QWidget(this);
	auto* line = new QHBoxLayout(row);
	line->setContentsMargins(0, 0, 0, 0);
	m_star = withHelp(new QPushButton(star() + tr(" Star"), row), "history#star");
	m_star->setCheckable(true);
	m_star->setToolTip(tr("Starred ones stay when the history is pruned"));
	m_rating = withHelp(new QComboBox(row), "history#rate");
	m_rating->setToolTip(tr("What you think of the chosen candidate"));
	m_rating->addItem(tr("not rated"));
	for (int rating = 1; rating <= bestRating; ++rating) { m_rating->addItem(star().repeated(rating)); }
	m_remake = withHelp(new QPushButton(tr("Make again"), row), "history#make-again");
	m_remake->setToolTip(tr("Makes it again with the same seed, and says whether every byte came out the same"));
	line->addWidget(m_star);
	line->addWidget(m_rating);
	line->addWidget(m_remake);
	line->addStretch(1);
	connect(m_star, &QPushButton::clicked, this, [this](bool on) {
		studio::Marks marks;
		marks.starred = on;
		mark(marks);
	});
	connect(m_rating, QOverload<int>::of(&QComboBox::activated), this, [this](int rating) {
		studio::Marks marks;
		marks.rating = rating;
		if (m_panel->chosen() != nullptr) { marks.chosen = m_panel->chosen()->index; }
		mark(marks);
	});
	connect(m_remake, &QPushButton::clicked, this, &HistoryView::remake);
	return row;
}

void HistoryView::showEvent(QShowEvent* event)
{
	QWidget::showEvent(event);
	m_panel->refreshTracks();
	if (m_stale) { ask(); }
}

studio::RecordQuery HistoryView::query() const
{
	studio::RecordQuery query;
	query.words = m_words->text().trimmed().toStdString();
	query.task = static_cast<Task>(m_task->currentData().toInt());
	query.starred_only = m_starredOnly->isChecked();
	return query;
}

QString HistoryView::currentId() const
{
	const auto* item = m_list->currentItem();
	return item == nullptr ? QString() : item->data(0, idRole).toString();
}

void HistoryView::ask()
{
	if (!m_hub->isConnected()) { return; }
	m_hub->studio().ListRecords(query(), [this, number = ++m_asked](const studio::RecordsAnswer& answer) {
		if (number != m_asked) { return; }
		if (!answer.problem.empty())
		{
			emit said(text(answer.problem));
			return;
		}
		m_stale = false;
		const auto before = currentId();
		m_filling = true;
		m_list->clear();
		m_filling = false;
		m_next = answer.next;
		add(answer.records);
		QTreeWidgetItem* current = m_list->topLevelItem(0);
		for (int i = 0; i < m_list->topLevelItemCount(); ++i)
		{
			if (m_list->topLevelItem(i)->data(0, idRole).toString() == before) { current = m_list->topLevelItem(i); }
		}
		m_list->setCurrentItem(current);
		if (current == nullptr) { showRecord({}); }
	});
}

void HistoryView::askForMore()
{
	auto more = query();
	more.after = m_next;
	m_hub->studio().ListRecords(more, [this, number = m_asked](const studio::RecordsAnswer& answer) {
		if (number != m_asked || !answer.problem.empty()) { return; }
		m_next = answer.next;
		add(answer.records);
	});
}

void HistoryView::add(const std::vector<studio::Record>& records)
{
	for (const auto& record : records) { fillItem(new QTreeWidgetItem(m_list), record); }
	m_more->setVisible(!m_next.empty());
}

void HistoryView::showCurrent()
{
	const auto id = currentId();
	if (m_filling || id.isEmpty()) { return; }
	m_hub->studio().GetRecord(id.toStdString(), [this, id](const studio::RecordAnswer& answer) {
		if (id == currentId()) { showRecord(answer); }
	});
}

void HistoryView::showRecord(const studio::RecordAnswer& answer)
{
	if (!answer.problem.empty()) { emit said(text(answer.problem)); }
	const bool another = m_record.id != answer.record.id;
	m_record = answer.record;
	const bool there = !m_record.id.empty();
	for (auto* widget :
		{static_cast<QWidget*>(m_star), static_cast<QWidget*>(m_rating), static_cast<QWidget*>(m_remake)})
	{
		widget->setEnabled(there);
	}
	m_star->setChecked(m_record.starred);
	m_rating->setCurrentIndex(m_record.rating);
	if (!there)
	{
		m_about->setText({});
		m_panel->begin(0, {});
		m_panel->showWords(tr("Nothing was made yet, or nothing is as you search for."));
		return;
	}
	const auto& plan = m_record.plan;
	QStringList about{title(m_record), tr("%1 %2").arg(text(plan.model), text(plan.version))};
	if (!plan.request.key.empty()) { about << text(plan.request.key); }
	if (!m_record.parents.empty()) { about << tr("from %1").arg(text(m_record.parents.front()).left(8)); }
	about << text(m_record.attribution) << text(m_record.license) << text(m_record.id);
	m_about->setText(about.join(" · "));
	m_about->setToolTip(about.join("\n"));
	if (another) { m_panel->showRecord(m_record, title(m_record)); }
}

void HistoryView::mark(const studio::Marks& marks)
{
	m_hub->studio().Mark(m_record.id, marks, [this](const studio::RecordAnswer& answer) {
		if (!answer.problem.empty())
		{
			emit said(text(answer.problem));
			return;
		}
		for (int i = 0; i < m_list->topLevelItemCount(); ++i)
		{
			auto* item = m_list->topLevelItem(i);
			if (item->data(0, idRole).toString() != text(answer.record.id)) { continue; }
			item->setText(starColumn,
				(answer.record.starred ? star() : QString())
					+ (answer.record.rating > 0 ? QString::number(answer.record.rating) : QString()));
		}
		if (answer.record.id == m_record.id)
		{
			m_record.starred = answer.record.starred;
			m_record.rating = answer.record.rating;
			m_record.chosen = answer.record.chosen;
		}
	});
}

void HistoryView::remake()
{
	m_remake->setEnabled(false);
	emit said(tr("making it again …"));
	m_remaking = m_hub->studio().Remake(m_record.id, [this](const Making& making) {
		if (!making.ended()) { return; }
		m_remake->setEnabled(!m_record.id.empty());
		if (making.what == Making::What::kFailed) { emit said(text(making.problem)); }
		else if (making.identical) { emit said(tr("Made again: every byte came out the same")); }
		else { emit said(tr("Made again: %1").arg(text(making.difference))); }
	});
}

} // namespace continuo::fx
