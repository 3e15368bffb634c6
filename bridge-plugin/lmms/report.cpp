// SPDX-License-Identifier: GPL-3.0-or-later
#include "report.h"

#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>

namespace continuo::fx
{

void appendReport(const client::Stream& stream, const ContinuoControls& controls, quint32 sampleRate)
{
	const QString path = QString::fromLocal8Bit(qgetenv("CONTINUO_REPORT"));
	if (path.isEmpty()) { return; }

	const client::Snapshot snapshot = stream.snapshot();
	QJsonObject parameters;
	for (const auto* parameter : controls.parameters().listed()) { parameters[parameter->id()] = parameter->value(); }
	const auto count = [](std::uint64_t number) { return static_cast<double>(number); };
	const QJsonObject line{
		{"model", controls.modelId()},
		{"version", QString::fromStdString(snapshot.model_version)},
		{"mode", client::ToWords(snapshot.mode)},
		{"mode_reason", QString::fromStdString(snapshot.mode_reason)},
		{"channels", client::ToWords(controls.channelMode())},
		{"latency_frames", count(snapshot.latency_frames)},
		{"model_rate_hz", count(snapshot.model_rate_hz)},
		{"sample_rate_hz", count(sampleRate)},
		{"blocks", count(snapshot.blocks)},
		{"sent", count(snapshot.sent)},
		{"wet_blocks", count(snapshot.wet_blocks)},
		{"missed", count(snapshot.missed)},
		{"late", count(snapshot.late)},
		{"violations", count(snapshot.violations)},
		{"block_cost_us", snapshot.block_cost_us},
		{"wait_p50_us", snapshot.wait_p50_us},
		{"wait_p99_us", snapshot.wait_p99_us},
		{"wait_max_us", snapshot.wait_max_us},
		{"connection", client::ToWords(snapshot.connection)},
		{"words", controls.words(snapshot)},
		{"parameters", parameters},
	};
	QFile file(path);
	if (!file.open(QIODevice::Append))
	{
		qWarning(
			"continuofx: CONTINUO_REPORT: cannot write '%s': %s", qPrintable(path), qPrintable(file.errorString()));
		return;
	}
	file.write(QJsonDocument(line).toJson(QJsonDocument::Compact) + '\n');
}

} // namespace continuo::fx
