// SPDX-License-Identifier: GPL-3.0-or-later
// A rendered sound, kept in a folder under its digest: without the silence at its end.
//
// Threads: [main-thread]; waits for the disk.
#pragma once

#include <QString>
#include <string>

namespace continuo::fx
{

struct KeptFile
{
	QString path;
	std::string sha256;
	double seconds = 0;
	QString problem; //!< empty, or why there is none
};

KeptFile keepSound(const QString& wav, const QString& folder);

} // namespace continuo::fx
