// SPDX-License-Identifier: GPL-3.0-or-later
#include "studio_view.h"

#include <QHBoxLayout>
#include <QMdiSubWindow>
#include <QMenu>
#include <QTabBar>
#include <QTabWidget>
#include <QToolButton>
#include <QVBoxLayout>
#include <QWhatsThis>

#include "create_view.h"
#include "help/help.h"
#include "history_view.h"
#include "models_view.h"
#include "song_recipes.h"
#include "studio_style.h"
#include "tour.h"

namespace continuo::fx
{

namespace
{

StudioView* theStudio = nullptr; // LMMS makes one
constexpr QSize wantedSize(1000, 660);
constexpr QSize smallestSize(640, 400);
constexpr int linkWidth = 260;
constexpr int windowMargin = 20;

const char* lampColour(studio::LinkState::What what)
{
	switch (what)
	{
	case studio::LinkState::What::kConnected: return "#0bd556";
	case studio::LinkState::What::kConnecting: return "#e8a33d";
	case studio::LinkState::What::kGone: break;
	}
	return "#e0483e";
}

} // namespace


StudioView::StudioView(ToolPlugin* plugin) : ToolPluginView(plugin)
{
	setObjectName("studio");
	withHelp(this, "studio");
	new WindowHelp(this);
	setAttribute(Qt::WA_StyledBackground);
	setMinimumSize(smallestSize);
	setLayout(new QVBoxLayout);
	parentWidget()->hide();
	theStudio = this;
}

StudioView::~StudioView()
{
	theStudio = nullptr;
	// The views hear of what ends while they are there.
	m_hub.reset();
	if (m_audition) { m_audition->stop(); }
	delete m_tabs;
}

StudioView* StudioView::instance() { return theStudio; }

void StudioView::showModels()
{
	parentWidget()->show();
	show();
	m_tabs->setCurrentWidget(m_models);
	parentWidget()->raise();
	setFocus();
}

void StudioView::build()
{
	setStyleSheet(studioStyle);
	m_audition = std::make_unique<Audition>();
	m_hub = std::make_unique<StudioHub>();
	m_create = new CreateView(m_hub.get(), &m_song, m_audition.get(), this);
	auto* history = new HistoryView(m_hub.get(), &m_song, m_audition.get(), this);
	auto* models = new ModelsView(m_hub.get(), this);
	m_models = models;
	m_tabs = new QTabWidget(this);
	m_tabs->addTab(m_create, tr("&Create"));
	m_tabs->addTab(history, tr("Histor&y"));
	m_tabs->addTab(models, tr("&Models"));
	withHelp(m_tabs->tabBar(), "studio#the-three-views");
	m_tour = new Tour(m_tabs, this);
	m_tabs->setCornerWidget(makeHelpButton());

	auto* foot = new QHBoxLayout;
	foot->setContentsMargins(10, 0, 10, 4);
	m_lamp = withHelp(new QLabel(this), "studio#the-lamp");
	m_lamp->setFixedSize(9, 9);
	m_link = withHelp(new ElidedLabel(this), "studio#the-lamp");
	m_link->setFixedWidth(linkWidth);
	m_said = withHelp(new ElidedLabel(this), "studio#messages");
	m_said->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
	foot->addWidget(m_lamp);
	foot->addWidget(m_link);
	foot->addWidget(m_said, 1);
	auto* column = static_cast<QVBoxLayout*>(layout());
	column->setContentsMargins(0, 4, 0, 0);
	column->addWidget(m_tabs, 1);
	column->addLayout(foot);

	connect(m_hub.get(), &StudioHub::linkChanged, this, &StudioView::showLink);
	connect(m_create, &CreateView::said, this, &StudioView::say);
	connect(history, &HistoryView::said, this, &StudioView::say);
	connect(models, &ModelsView::said, this, &StudioView::say);
	auto* recipes = new SongRecipes(m_hub.get(), &m_song, this);
	connect(recipes, &SongRecipes::said, this, &StudioView::say);
	connect(history, &HistoryView::derive, this, [this](const studio::Request& request, const QString& name) {
		m_tabs->setCurrentWidget(m_create);
		m_create->derive(request, name);
	});
	// The song's tracks are in lists here.
	connect(Engine::getSong(), &TrackContainer::trackAdded, m_create, &CreateView::refreshSong, Qt::QueuedConnection);
	connect(Engine::getSong(), &Song::projectLoaded, m_create, &CreateView::refreshSong, Qt::QueuedConnection);
	connect(Engine::getSong(), &Song::projectLoaded, this, [this] { m_song.forget(); });
	m_hub->start();
	showLink();
}

void StudioView::showEvent(QShowEvent* event)
{
	ToolPluginView::showEvent(event);
	if (m_hub) { return; }
	build();
	auto* window = parentWidget();
	const auto* desk = window->parentWidget();
	const QSize room = desk == nullptr ? wantedSize : desk->size() - QSize(windowMargin, windowMargin);
	window->resize(wantedSize.boundedTo(room).expandedTo(smallestSize));
	window->move(windowMargin / 2, windowMargin / 2);
	// When the window has given the focus to whom it likes
	if (Tour::isWanted()) { QMetaObject::invokeMethod(m_tour, &Tour::start, Qt::QueuedConnection); }
}

QWidget* StudioView::makeHelpButton()
{
	auto* button = withHelp(new QToolButton(this), "studio#help");
	button->setObjectName("help");
	button->setText("?");
	button->setToolTip(tr("Press, then click on a control to read about it. F1 does the same at once"));
	button->setPopupMode(QToolButton::MenuButtonPopup);
	auto* menu = new QMenu(button);
	menu->addAction(tr("What is this?"), this, [] { QWhatsThis::enterWhatsThisMode(); });
	menu->addAction(tr("The guide"), this, [this] { openGuide(this, "index"); });
	menu->addAction(tr("The tour"), m_tour, &Tour::start);
	button->setMenu(menu);
	connect(button, &QToolButton::clicked, this, [] { QWhatsThis::enterWhatsThisMode(); });
	return button;
}

void StudioView::showLink()
{
	const auto& link = m_hub->link();
	m_lamp->setStyleSheet(QString("background: %1; border-radius: 4px;").arg(lampColour(link.what)));
	QString words = QString::fromStdString(link.words);
	if (m_hub->isConnected()) { words += tr(" · Continuo %1").arg(QString::fromStdString(link.daemon_version)); }
	m_link->setWholeText(words);
}

void StudioView::say(const QString& words) { m_said->setWholeText(words); }

} // namespace continuo::fx
