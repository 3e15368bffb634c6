// SPDX-License-Identifier: GPL-3.0-or-later
#include "install_offer.h"

#include <QLocale>
#include <QProgressBar>
#include <QPushButton>
#include <QTimer>

#include "model_list.h"

namespace continuo::fx
{

namespace
{

constexpr int progressSteps = 1000;
constexpr int buttonHeight = 22;
constexpr int barHeight = 8;
constexpr int cancelWidth = 66;
constexpr int gap = 6;
constexpr int wordsHeight = 16;

// The studio's colours.
constexpr const char* offerStyle = R"(
QPushButton { background: #3b424a; color: #d1d8e4; border: 1px solid #181b1f; border-radius: 3px; }
QPushButton:hover { background: #485058; }
QPushButton:focus { border: 1px solid #0bd556; }
QPushButton#offered { background: #17793b; }
QPushButton#offered:hover { background: #1d9449; }
QProgressBar { background: #101213; border: none; border-radius: 3px; }
QProgressBar::chunk { background: #0bd556; border-radius: 3px; }
)";

QString text(const std::string& utf8) { return QString::fromStdString(utf8); }

QString bytes(std::uint64_t count) { return QLocale().formattedDataSize(static_cast<qint64>(count), 1); }

} // namespace


InstallOffer::InstallOffer(ContinuoControls* controls, QWidget* parent) : QWidget(parent), m_controls(controls)
{
	setStyleSheet(offerStyle);
	m_button = new QPushButton(this);
	m_cancel = new QPushButton(tr("Cancel"), this);
	m_progress = new QProgressBar(this);
	m_progress->setTextVisible(false);
	m_words = new ElidedLabel(this);
	for (auto* widget :
		{static_cast<QWidget*>(m_button), static_cast<QWidget*>(m_cancel), static_cast<QWidget*>(m_words)})
	{
		QFont font = widget->font();
		font.setPixelSize(11);
		widget->setFont(font);
	}
	connect(m_button, &QPushButton::clicked, this, &InstallOffer::press);
	connect(m_cancel, &QPushButton::clicked, this, &InstallOffer::cancel);
	setFixedHeight(buttonHeight + 2 + wordsHeight);
	enter(Step::ready);
	hide();
}

InstallOffer::~InstallOffer() = default;

void InstallOffer::resizeEvent(QResizeEvent*)
{
	const int barWidth = width() - cancelWidth - gap;
	m_button->setGeometry(0, 0, width(), buttonHeight);
	m_progress->setGeometry(0, (buttonHeight - barHeight) / 2, barWidth, barHeight);
	m_cancel->setGeometry(barWidth + gap, 0, cancelWidth, buttonHeight);
	m_words->setGeometry(0, buttonHeight + 2, width(), wordsHeight);
	showLabel();
}

void InstallOffer::refresh()
{
	if (!parentWidget()->isVisible()) { return; }
	const bool missing = !m_controls->modelId().isEmpty() && m_controls->stream().snapshot().model_missing;
	const bool another = m_id != m_controls->modelId() || m_version != m_controls->modelVersion();
	if (another || !missing)
	{
		m_id = m_controls->modelId();
		m_version = m_controls->modelVersion();
		if (m_step != Step::ready || another) { enter(Step::ready); }
	}
	if (missing == m_missing) { return; }
	m_missing = missing;
	setVisible(missing);
	// Inside LMMS's frame, what the panel grows by is not painted by itself.
	QTimer::singleShot(0, parentWidget(), QOverload<>::of(&QWidget::update));
}

void InstallOffer::press()
{
	if (m_step == Step::offered) { install(); }
	else { look(); }
}

void InstallOffer::cancel()
{
	if (m_step == Step::installing)
	{
		m_studio->Cancel(m_call); // its last answer follows
		return;
	}
	enter(Step::ready);
}

void InstallOffer::look()
{
	enter(Step::looking, tr("asking the repositories"));
	const auto post = [this, connection = m_connections](std::function<void()> what) {
		const auto take = [this, connection, what = std::move(what)] {
			if (connection == m_connections) { what(); }
		};
		QMetaObject::invokeMethod(this, take, Qt::QueuedConnection);
	};
	m_studio = std::make_unique<studio::Studio>("LMMS panel", post,
		studio::Studio::Listener{
			[this](const studio::LinkState& link) { takeLink(link); },
			[] {},
			[](const std::string&) {},
		});
}

void InstallOffer::takeLink(const studio::LinkState& link)
{
	if (m_step != Step::looking) { return; }
	if (link.what == studio::LinkState::What::kGone) { enter(Step::ready, text(link.words)); }
	if (link.what != studio::LinkState::What::kConnected) { return; }
	m_call = m_studio->FindOffer(
		m_id.toStdString(), m_version.toStdString(), [this](const studio::OfferAnswer& answer) { takeOffer(answer); });
}

void InstallOffer::takeOffer(const studio::OfferAnswer& answer)
{
	if (!answer.problem.empty())
	{
		enter(Step::ready, text(answer.problem));
		return;
	}
	if (answer.model.offered.empty())
	{
		const auto words = tr("no repository of the configuration has '%1'").arg(m_id);
		enter(Step::ready, answer.remark.empty() ? words : words + "; " + text(answer.remark));
		return;
	}
	m_offer = answer.model;
	const bool same = m_version.isEmpty() || text(m_offer.offered) == m_version;
	const auto words = tr("from '%1'").arg(text(m_offer.source));
	enter(Step::offered, same ? words : words + tr("; the project has %1").arg(m_version));
}

void InstallOffer::install()
{
	enter(Step::installing);
	m_call = m_studio->Install(
		m_offer.id, m_offer.offered, [this](const studio::Installing& installing) { takeInstalling(installing); });
}

void InstallOffer::takeInstalling(const studio::Installing& installing)
{
	if (!installing.ended)
	{
		const bool known = installing.total_bytes > 0;
		m_progress->setRange(0, known ? progressSteps : 0);
		if (known)
		{
			m_progress->setValue(static_cast<int>(progressSteps * installing.bytes / installing.total_bytes));
		}
		const auto size = " · " + bytes(installing.bytes) + " / " + bytes(installing.total_bytes);
		m_words->setWholeText(text(installing.step) + (known ? size : QString()));
		return;
	}
	if (installing.cancelled) { enter(Step::ready, tr("cancelled; nothing has changed")); }
	else if (!installing.problem.empty()) { enter(Step::ready, text(installing.problem)); }
	else
	{
		enter(Step::installed, tr("installed %1").arg(text(installing.done)));
		ModelList::instance().ask();
		// The same sound as far as it goes: its knobs stay where the project has them.
		if (!m_version.isEmpty()) { m_controls->chooseModel(m_id, text(m_offer.offered)); }
		m_version = m_controls->modelVersion();
	}
}

void InstallOffer::enter(Step step, const QString& words)
{
	m_step = step;
	if (step == Step::ready) { disconnectStudio(); }
	const bool atWork = step == Step::looking || step == Step::installing || step == Step::installed;
	m_button->setVisible(!atWork);
	m_progress->setVisible(atWork);
	m_progress->setRange(0, 0);
	m_cancel->setVisible(atWork);
	m_cancel->setEnabled(step != Step::installed);
	m_label = tr("Install…");
	if (step == Step::offered)
	{
		m_label =
			tr("Install %1 %2 (%3, %4)")
				.arg(text(m_offer.name), text(m_offer.offered), bytes(m_offer.download_bytes), text(m_offer.license));
	}
	m_button->setObjectName(step == Step::offered ? "offered" : "");
	m_button->setStyleSheet(offerStyle); // chosen by the name
	m_button->setToolTip(step == Step::offered ? m_label : tr("Asks your repositories for '%1'").arg(m_id));
	showLabel();
	m_words->setWholeText(words);
}

void InstallOffer::showLabel()
{
	m_button->setText(m_button->fontMetrics().elidedText(m_label, Qt::ElideRight, m_button->width() - 2 * gap));
}

void InstallOffer::disconnectStudio()
{
	if (!m_studio) { return; }
	m_studio.reset();
	++m_connections;
}

} // namespace continuo::fx
