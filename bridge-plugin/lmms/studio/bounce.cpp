// SPDX-License-Identifier: GPL-3.0-or-later
#include "bounce.h"

#include <QCoreApplication>
#include <QDir>
#include <QFile>
#include <QProcess>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <algorithm>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "lmms_samples.h"

namespace continuo::fx
{

namespace
{

constexpr int patienceMilliseconds = 120'000;
constexpr int endMilliseconds = 5'000;
constexpr int wordsKept = 4096;
constexpr int linesTold = 2;
constexpr int niceness = 10;
constexpr const char* soundName = "sound.wav";
// What LMMS renders at on request
constexpr int lowestRateHz = 44100;
constexpr int highestRateHz = 192000;

//! LMMS's main thread has real-time priority where it may, and its audio threads have none: a child
//! that inherited it would starve them
class QuietProcess : public QProcess
{
public:
	using QProcess::QProcess;

protected:
	void setupChildProcess() override
	{
		const sched_param normal{};
		const rlimit none{0, 0};
		::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); // else capabilities of its file would undo what follows
		::prctl(PR_SET_PDEATHSIG, SIGKILL);
		::setrlimit(RLIMIT_RTPRIO, &none);
		::sched_setscheduler(0, SCHED_OTHER, &normal);
		::setpriority(PRIO_PROCESS, 0, niceness);
	}
};

//! As this LMMS has found its own
QString settingsFile()
{
	const auto words = QCoreApplication::arguments();
	for (int i = 1; i + 1 < words.size(); ++i)
	{
		if (words[i] == "-c" || words[i] == "--config") { return words[i + 1]; }
	}
	return QDir::home().filePath(".lmmsrc.xml");
}

//! The last lines that are no progress
QString lastLines(const QByteArray& words)
{
	const auto lines = QString::fromLocal8Bit(words).split(QRegularExpression("[\r\n]"), Qt::SkipEmptyParts);
	QStringList told;
	for (const auto& line : lines)
	{
		const auto text = line.simplified();
		if (!text.isEmpty() && !text.startsWith('|')) { told << text; }
	}
	return told.mid(std::max(0, told.size() - linesTold)).join(" · ");
}

} // namespace


Bounce::Bounce(QObject* parent) : QObject(parent)
{
	m_patience.setSingleShot(true);
	m_patience.setInterval(patienceMilliseconds);
	connect(&m_patience, &QTimer::timeout, this,
		[this] { fail(tr("it has not come on for %1 s").arg(patienceMilliseconds / 1000)); });
}

Bounce::~Bounce() { letGo(); }

QString Bounce::start(const QByteArray& song, int rateHz)
{
	letGo();
	m_folder = std::make_unique<QTemporaryDir>();
	// Of a file named otherwise LMMS keeps the name among those that were opened last.
	QFile file(m_folder->filePath("song.xml"));
	if (!m_folder->isValid() || !file.open(QIODevice::WriteOnly) || file.write(song) != song.size() || !file.flush())
	{
		const auto problem = m_folder->isValid() ? file.errorString() : m_folder->errorString();
		letGo();
		return tr("there is no room for a song to play it from: %1").arg(problem);
	}
	m_words.clear();
	m_percent = 0;
	m_process = new QuietProcess(this);
	m_process->setProcessChannelMode(QProcess::MergedChannels);
	m_process->setStandardInputFile(QProcess::nullDevice());
	connect(m_process, &QProcess::readyRead, this, &Bounce::read);
	connect(m_process, QOverload<int, QProcess::ExitStatus>::of(&QProcess::finished), this, &Bounce::finish);
	connect(m_process, &QProcess::errorOccurred, this, [this](QProcess::ProcessError error) {
		if (error == QProcess::FailedToStart) { fail(m_process->errorString()); }
	});
	QStringList words;
	if (::geteuid() == 0) { words << "--allowroot"; }
	// LMMS writes its settings when it ends; those are the user's, and it may be killed in the middle.
	const auto settings = m_folder->filePath("lmmsrc.xml");
	if (QFile::copy(settingsFile(), settings)) { words << "-c" << settings; }
	const int rate = std::clamp(rateHz, lowestRateHz, highestRateHz);
	words << "render" << file.fileName() << "-o" << m_folder->filePath(soundName) << "-f"
		  << "wav"
		  << "-a"
		  << "-s" << QString::number(rate) << renderOptions();
	m_patience.start();
	m_process->start(QCoreApplication::applicationFilePath(), words);
	return {};
}

void Bounce::read()
{
	const auto words = m_process->readAll();
	m_words = (m_words + words).right(wordsKept);
	static const QRegularExpression progress("\\|\\s*(\\d+)%");
	int percent = m_percent;
	for (auto matches = progress.globalMatch(QString::fromLatin1(m_words)); matches.hasNext();)
	{
		percent = matches.next().captured(1).toInt();
	}
	if (percent == m_percent) { return; }
	m_percent = percent;
	m_patience.start();
	emit progressed(percent);
}

void Bounce::finish()
{
	read();
	if (m_process->exitStatus() != QProcess::NormalExit)
	{
		fail(tr("it was ended by a signal"));
		return;
	}
	const auto wav = m_folder->filePath(soundName);
	if (m_process->exitCode() != 0 || !QFile::exists(wav))
	{
		fail(tr("it ended with exit code %1").arg(m_process->exitCode()));
		return;
	}
	const auto folder = std::move(m_folder);
	letGo();
	emit ended(wav, {});
}

void Bounce::fail(const QString& how)
{
	const auto last = lastLines(m_words);
	const auto words = last.isEmpty() ? QString() : tr("; it printed: %1").arg(last);
	letGo();
	emit ended({}, tr("the second LMMS, which was to play it, failed: %1%2").arg(how, words));
}

void Bounce::cancel() { letGo(); }

void Bounce::letGo()
{
	m_patience.stop();
	if (m_process != nullptr)
	{
		m_process->disconnect(this);
		m_process->kill();
		m_process->waitForFinished(endMilliseconds);
		m_process->deleteLater(); // one of its signals may have led here
		m_process = nullptr;
	}
	m_folder.reset();
}

} // namespace continuo::fx
