// SPDX-License-Identifier: GPL-3.0-or-later
#include "song_recipes.h"

#include "continuo_effect.h"
#include "studio_hub.h"

namespace continuo::fx
{

namespace
{

constexpr auto switchedOff = R"(<effect name="continuofx" on="0" wet="1" autoquit="1" gate="0">)"
							 R"(<continuofxcontrols schema="1" mode="auto" channels="each"/></effect>)";

ContinuoControls* carrier()
{
	for (auto* controls : ContinuoControls::all())
	{
		if (!controls->generated().isEmpty()) { return controls; }
	}
	EffectChain* const chain = masterEffects();
	auto* effect = dynamic_cast<ContinuoEffect*>(Effect::instantiate("continuofx", chain, nullptr));
	if (effect == nullptr) { return nullptr; }
	// LMMS has no other way to switch one off.
	QDomDocument state;
	state.setContent(QString(switchedOff));
	effect->restoreState(state.documentElement());
	chain->appendEffect(effect);
	return static_cast<ContinuoControls*>(effect->controls());
}

} // namespace


SongRecipes::SongRecipes(StudioHub* hub, SongLink* song, QObject* parent) : QObject(parent), m_hub(hub), m_song(song)
{
	connect(song, &SongLink::placed, this, &SongRecipes::remember);
	connect(song, &SongLink::takenOut, this, &SongRecipes::forget);
}

void SongRecipes::remember(quint64 placement)
{
	const auto origin = m_song->originOf(placement);
	if (origin.record.empty()) { return; }
	m_hub->studio().GetRecipe(origin.record, origin.candidate, [this, placement](const studio::RecipeAnswer& answer) {
		// Taken out, or another song opened, since.
		const auto placed = m_song->originOf(placement);
		if (placed.record.empty()) { return; }
		auto* controls = answer.problem.empty() ? carrier() : nullptr;
		if (controls == nullptr)
		{
			emit said(tr("It is placed, but its recipe is not in the project: %1")
						  .arg(answer.problem.empty() ? tr("there is no effect to carry it")
													  : QString::fromStdString(answer.problem)));
			return;
		}
		for (const auto& track : placed.tracks)
		{
			auto clip = answer.recipe.clip;
			clip.track = track.toStdString();
			clip.bar = static_cast<std::uint32_t>(placed.bar);
			clip.sound = placed.sound;
			controls->generated().add(placement, clip, answer.recipe.json);
		}
	});
}

void SongRecipes::forget(quint64 placement)
{
	for (auto* controls : ContinuoControls::all()) { controls->generated().remove(placement); }
}

} // namespace continuo::fx
