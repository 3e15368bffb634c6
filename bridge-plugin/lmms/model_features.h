// SPDX-License-Identifier: GPL-3.0-or-later
// Each model as an entry of its own in LMMS's list of effects, beside the plain one whose model is
// chosen on the panel.
//
// Threads: [main-thread]. LMMS asks while its dialog opens; what that may wait is bounded
// (ModelList::askBriefly).
#pragma once

#include "lmms_compat.h"

namespace continuo::fx
{

class ModelFeatures : public Plugin::Descriptor::SubPluginFeatures
{
public:
	ModelFeatures();

	void listSubPluginKeys(const Plugin::Descriptor* descriptor, KeyList& keys) const override;
	void fillDescriptionWidget(QWidget* parent, const Key* key) const override;
};

//! The id of the model that an entry stands for; empty of the plain one
QString modelOf(const Plugin::Descriptor::SubPluginFeatures::Key& key);
//! Has an effect's key name another model, or none
void setModelOf(Plugin::Descriptor::SubPluginFeatures::Key& key, const QString& id);

} // namespace continuo::fx
