// SPDX-License-Identifier: Apache-2.0
// The list of what was generated (generated.h), as it stands in a project: a line a clip, as one
// section of CDATA. A clip has what is otherwise than in the one before it, so what they share is
// written once.
//
//   <generated schema="2"><![CDATA[
//   <clip track="Lead" bar="1" bars="8" task="melody" … recipe="<sha256>"/>
//   <clip bar="9" seed="8" record="r…" recipe="<sha256>"/>
//   ]]></generated>
//
// Problem: LMMS saves through Qt's document, which makes objects for every attribute, and asks for
// every letter of it whether the file's encoding has it. Schema 1 had the clips as elements: a
// fifth of the time of saving a song of short patterns (docs/projects.md). A section of CDATA is
// one node, and written as it is; LMMS without our plugin keeps it as it keeps elements.
#pragma once

#include <absl/status/statusor.h>

#include <string>
#include <string_view>
#include <vector>

#include "shared/project/document.h"
#include "shared/project/generated.h"

namespace continuo::project {

using Clips = std::vector<GeneratedClip>;

// What stands in the section.
[[nodiscard]] std::string WriteClips(const Clips& clips);
// Each `line` counts from the text's first one, 0. INVALID_ARGUMENT names what is wrong in which
// line of it; RESOURCE_EXHAUSTED beyond kMaxGeneratedClips, or kMaxProjectBytes were each written
// out.
[[nodiscard]] absl::StatusOr<Clips> ReadClips(std::string_view text);

// A <generated> of any schema, with the lines of the document. Of one that comes from a later
// version, what is understood. INVALID_ARGUMENT names the place.
[[nodiscard]] absl::StatusOr<Clips> ReadList(Document* document, const pugi::xml_node& list);
// In today's schema, whatever it was in.
void WriteList(pugi::xml_node list, const Clips& clips);

}  // namespace continuo::project
