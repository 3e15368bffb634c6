// SPDX-License-Identifier: GPL-3.0-or-later
#include "create_view.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QProgressBar>
#include <QPushButton>
#include <QScrollArea>
#include <QTimer>
#include <QVBoxLayout>
#include <algorithm>

#include "candidates_panel.h"
#include "help/help.h"
#include "preset_row.h"
#include "request_form.h"

namespace continuo::fx
{

namespace
{

using studio::Making;
using studio::Task;

constexpr int labelWidth = 60;
constexpr int leftWidth = 316;
constexpr int planDelayMilliseconds = 250;
constexpr int progressSteps = 1000;

struct TaskChoice
{
	Task task;
	const char* name;  //!< of what comes out, in the song
	const char* label; //!< in the list
	const char* help;
	bool needsInput;
};

const TaskChoice taskChoices[] = {
	{Task::kMelody, QT_TR_NOOP("Melody"), QT_TR_NOOP("Melody with chords"), QT_TR_NOOP("A new melody, and its chords"),
		false},
	{Task::kHarmony, QT_TR_NOOP("Harmony"), QT_TR_NOOP("Harmonise"),
		QT_TR_NOOP("The voices that the input lacks, in four parts"), true},
	{Task::kDrums, QT_TR_NOOP("Drums"), QT_TR_NOOP("Drums"), QT_TR_NOOP("A new drum pattern"), false},
	{Task::kContinue, QT_TR_NOOP("Continuation"), QT_TR_NOOP("Continue"), QT_TR_NOOP("What comes after the input"),
		true},
	{Task::kInfill, QT_TR_NOOP("Infill"), QT_TR_NOOP("Fill bars"),
		QT_TR_NOOP("Some bars of the input anew, between those that stay"), true},
	{Task::kVary, QT_TR_NOOP("Variation"), QT_TR_NOOP("Vary"), QT_TR_NOOP("The input again, somewhat otherwise"), true},
	{Task::kHumanize, QT_TR_NOOP("Humanised drums"), QT_TR_NOOP("Humanise drums"),
		QT_TR_NOOP("Other velocities and small shifts of time; the hits stay"), true},
};

QString text(const std::string& utf8) { return QString::fromStdString(utf8); }

} // namespace


CreateView::CreateView(StudioHub* hub, SongLink* song, Audition* audition, QWidget* parent) :
	QWidget(parent),
	m_hub(hub),
	m_song(song)
{
	withHelp(this, "create");
	auto* line = new QHBoxLayout(this);
	line->addWidget(makeLeft());
	m_panel = new CandidatesPanel(song, audition, this);
	m_panel->showWords(tr("Choose what to make, and press Generate."));
	line->addWidget(m_panel, 1);

	m_planTimer = new QTimer(this);
	m_planTimer->setSingleShot(true);
	m_planTimer->setInterval(planDelayMilliseconds);
	connect(m_planTimer, &QTimer::timeout, this, &CreateView::askForPlan);
	connect(m_task, QOverload<int>::of(&QComboBox::currentIndexChanged), this, &CreateView::takeTask);
	connect(m_source, QOverload<int>::of(&QComboBox::currentIndexChanged), this, &CreateView::takeSource);
	connect(m_generate, &QPushButton::clicked, this, &CreateView::start);
	connect(m_cancel, &QPushButton::clicked, this, &CreateView::cancel);
	connect(m_randomise, &QPushButton::clicked, m_form, &RequestForm::randomise);
	connect(m_presets, &PresetRow::chosen, m_form, &RequestForm::setValues);
	connect(m_presets, &PresetRow::saveAsked, this, [this](const QString& name) {
		const auto problem = m_presets->save(name, m_form->values());
		emit said(problem.isEmpty() ? tr("Kept '%1'").arg(name) : problem);
	});
	connect(m_panel, &CandidatesPanel::said, this, &CreateView::said);
	connect(m_panel, &CandidatesPanel::barChanged, this, [this] { m_planTimer->start(); });
	connect(m_panel, &CandidatesPanel::derive, this, &CreateView::derive);
	connect(m_hub, &StudioHub::modelsListed, this, [this] { m_form->setModels(m_hub->models().models); });
	connect(m_hub, &StudioHub::linkChanged, this, [this] {
		if (m_hub->isConnected()) { m_planTimer->start(); }
	});
	takeTask();
}

QWidget* CreateView::makeLeft()
{
	auto* left = new QWidget(this);
	left->setFixedWidth(leftWidth);
	auto* column = new QVBoxLayout(left);
	column->setContentsMargins(0, 0, 0, 0);
	m_task = withHelp(new QComboBox(left), "create#task");
	for (const auto& choice : taskChoices)
	{
		m_task->addItem(tr(choice.label));
		m_task->setItemData(m_task->count() - 1, tr(choice.help), Qt::ToolTipRole);
	}
	m_source = withHelp(new QComboBox(left), "create#input-and-context");
	m_source->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
	m_source->setMinimumContentsLength(12);
	m_sourceLabel = new QLabel(left);
	for (auto* box : {m_task, m_source})
	{
		auto* line = new QHBoxLayout;
		auto* label = box == m_task ? new QLabel(tr("Tas&k"), left) : m_sourceLabel;
		label->setFixedWidth(labelWidth);
		label->setBuddy(box);
		line->addWidget(label);
		line->addWidget(box, 1);
		column->addLayout(line);
	}
	auto* presetLine = new QHBoxLayout;
	auto* presetLabel = new QLabel(tr("Preset"), left);
	presetLabel->setFixedWidth(labelWidth);
	m_presets = new PresetRow(left);
	presetLine->addWidget(presetLabel);
	presetLine->addWidget(m_presets, 1);
	column->addLayout(presetLine);
	auto* scroll = new QScrollArea(left);
	scroll->setWidgetResizable(true);
	scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
	scroll->setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOn); // its width is not to change with the rows
	m_form = new RequestForm(scroll);
	m_form->setObjectName("form");
	scroll->setWidget(m_form);
	column->addWidget(scroll, 1);

	m_plan = withHelp(new QLabel(left), "create#the-plan");
	m_plan->setWordWrap(true);
	m_plan->setAlignment(Qt::AlignTop | Qt::AlignLeft);
	m_plan->setFixedHeight(fontMetrics().lineSpacing() * 4);
	column->addWidget(m_plan);
	m_progress = withHelp(new QProgressBar(left), "create#the-plan");
	m_progress->setRange(0, progressSteps);
	m_progress->setFormat({});
	column->addWidget(m_progress);
	auto* buttons = new QHBoxLayout;
	m_randomise = withHelp(new QPushButton(tr("&Randomise"), left), "create#randomise");
	m_randomise->setToolTip(tr("Moves the controls that are not locked"));
	m_cancel = withHelp(new QPushButton(tr("Cancel"), left), "create#cancel");
	m_cancel->setEnabled(false);
	m_generate = withHelp(new QPushButton(tr("&Generate"), left), "create#generate");
	m_generate->setObjectName("primary");
	buttons->addWidget(m_randomise);
	buttons->addWidget(m_cancel);
	buttons->addWidget(m_generate, 1);
	column->addLayout(buttons);
	connect(m_form, &RequestForm::changed, this, [this] { m_planTimer->start(); });
	return left;
}

studio::Task CreateView::task() const { return taskChoices[m_task->currentIndex()].task; }

QString CreateView::taskName() const { return tr(taskChoices[m_task->currentIndex()].name); }

void CreateView::showEvent(QShowEvent* event)
{
	QWidget::showEvent(event);
	refreshSong();
}

void CreateView::refreshSong()
{
	const auto before = m_source->currentText();
	m_sources = m_song->sources();
	const bool needsInput = taskChoices[m_task->currentIndex()].needsInput;
	{
		const QSignalBlocker blocker(m_source);
		m_source->clear();
		if (!needsInput)
		{
			m_sources.prepend({});
			m_source->addItem(tr("nothing"));
		}
		for (int i = needsInput ? 0 : 1; i < m_sources.size(); ++i) { m_source->addItem(m_sources[i].name); }
		m_source->setCurrentIndex(std::max(0, m_source->findText(before)));
	}
	takeSource();
	m_panel->refreshTracks();
}

void CreateView::takeTask()
{
	const auto& choice = taskChoices[m_task->currentIndex()];
	m_task->setToolTip(tr(choice.help));
	m_sourceLabel->setText(choice.needsInput ? tr("I&nput") : tr("Co&ntext"));
	m_source->setToolTip(choice.needsInput ? tr("The notes to work on")
										   : tr("Notes whose key is taken; the new ones are written to fit them"));
	m_form->setTask(choice.task);
	m_presets->setTask(choice.task);
	refreshSong();
}

void CreateView::takeSource()
{
	const int index = m_source->currentIndex();
	m_taken = index >= 0 && index < m_sources.size() ? m_song->take(m_sources[index]) : TakenNotes{};
	m_form->setInputBars(m_taken.bars);
	if (m_taken.bars > 0) { m_panel->setBar(task() == Task::kContinue ? m_taken.nextBar : m_taken.firstBar); }
	m_planTimer->start();
}

studio::Request CreateView::wanted(QString* problem) const
{
	studio::Request request;
	request.task = task();
	const auto time = SongLink::timeAtBar(m_panel->bar());
	request.tempo_bpm = time.tempo;
	request.numerator = time.numerator;
	request.denominator = time.denominator;
	m_form->fill(&request);
	const bool needsInput = taskChoices[m_task->currentIndex()].needsInput;
	if (!m_taken.notes.notes.empty())
	{
		if (needsInput) // its bars are gone on with
		{
			request.numerator = m_taken.notes.numerator;
			request.denominator = m_taken.notes.denominator;
		}
		std::string words;
		request.input = studio::WriteNotes(m_taken.notes, &words);
		*problem = text(words);
	}
	else if (needsInput)
	{
		*problem =
			tr("There is nothing to work on: choose a track that has notes, or open a pattern in the piano roll.");
	}
	return request;
}

//! What the request would come to, before it is made
void CreateView::askForPlan()
{
	if (!m_hub->isConnected() || m_running) { return; }
	QString problem;
	const auto request = wanted(&problem);
	if (!problem.isEmpty())
	{
		m_plan->setText(problem);
		return;
	}
	m_hub->studio().Cancel(m_planning);
	m_planning = m_hub->studio().MakePlan(request, [this, number = ++m_plans](const studio::PlanAnswer& answer) {
		if (m_running || number != m_plans) { return; }
		if (!answer.problem.empty())
		{
			m_plan->setText(text(answer.problem));
			return;
		}
		QStringList words{tr("%1 %2").arg(text(answer.plan.model), text(answer.plan.version))};
		for (const auto& note : answer.plan.notes) { words << text(note); }
		m_plan->setText(words.join(" · "));
		m_plan->setToolTip(words.join("\n"));
	});
}

void CreateView::start()
{
	refreshSong();
	QString problem;
	const auto request = wanted(&problem);
	if (!problem.isEmpty())
	{
		end(problem);
		return;
	}
	generate(request, taskName());
	if (m_running && request.task == Task::kContinue) { m_panel->setInputBars(m_taken.bars); }
}

void CreateView::derive(studio::Request request, const QString& name)
{
	request.candidates = m_form->candidates();
	generate(request, name);
}

void CreateView::generate(const studio::Request& request, const QString& name)
{
	if (m_running) { return; }
	if (!m_hub->isConnected())
	{
		end(tr("There is no daemon: %1").arg(text(m_hub->link().words)));
		return;
	}
	m_running = true;
	m_record = {};
	m_generate->setEnabled(false);
	m_cancel->setEnabled(true);
	m_progress->setValue(0);
	m_panel->begin(std::max(1, request.candidates), name);
	m_plan->setText(tr("asking …"));
	m_call = m_hub->studio().Generate(request, [this](const Making& making) { take(making); });
}

void CreateView::cancel()
{
	m_plan->setText(tr("cancelling …"));
	m_hub->studio().Cancel(m_call);
}

void CreateView::take(const Making& making)
{
	switch (making.what)
	{
	case Making::What::kQueued:
		m_plan->setText(making.position == 0 ? tr("next in the queue") : tr("%1 jobs before it").arg(making.position));
		break;
	case Making::What::kStarted:
		m_record.plan = making.plan;
		m_plan->setText(tr("%1 %2 · %3 · about %4 ms")
							.arg(text(making.plan.model), text(making.plan.version), text(making.plan.device))
							.arg(making.plan.estimate_ms, 0, 'f', 0));
		if (making.plan.request.seed) { m_form->setSeed(*making.plan.request.seed); }
		break;
	case Making::What::kProgress: m_progress->setValue(static_cast<int>(making.fraction * progressSteps)); break;
	case Making::What::kPartial:
		m_panel->addPartial(
			making.index, making.notes, m_record.plan.request.numerator, m_record.plan.request.denominator);
		break;
	case Making::What::kCandidate:
		m_record.candidates.push_back(making.candidate);
		m_panel->addCandidate(making.candidate);
		break;
	case Making::What::kDone:
		m_record.id = making.record;
		m_panel->rank(making.ranking);
		m_panel->setRecord(m_record);
		m_progress->setValue(progressSteps);
		end(making.from_cache
				? tr("candidates: %1, made before").arg(m_record.candidates.size())
				: tr("candidates: %1, in %2 ms").arg(m_record.candidates.size()).arg(making.elapsed_ms, 0, 'f', 0));
		break;
	case Making::What::kFailed:
		if (m_record.candidates.empty()) { m_panel->begin(0, {}); }
		m_progress->setValue(0);
		end(making.cancelled ? tr("cancelled") : text(making.problem));
		break;
	}
}

void CreateView::end(const QString& words)
{
	m_running = false;
	m_generate->setEnabled(true);
	m_cancel->setEnabled(false);
	m_plan->setText(words);
	m_panel->showWords(words);
	emit said(words);
}

} // namespace continuo::fx
