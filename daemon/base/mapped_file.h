// SPDX-License-Identifier: Apache-2.0
// A whole file as memory, without a copy: its pages are the system's, shared by all that map it,
// and dropped first where memory is short.
//
// Who shortens the file while it is mapped ends the process that reads on; packages are never
// written to, only replaced (model/installer.h).
#pragma once

#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>

#include <cstddef>
#include <string>

namespace continuo::base {

class MappedFile {
 public:
  // Read-only. Errors as ReadFile().
  [[nodiscard]] static absl::StatusOr<MappedFile> Map(const std::string& path,
                                                      std::size_t maximum_bytes);
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&&) = delete;
  MappedFile(const MappedFile&) = delete;
  ~MappedFile();

  // Good as long as the object.
  [[nodiscard]] absl::string_view bytes() const {
    return {static_cast<const char*>(address_), size_};
  }
  // A part of bytes() is to be read from the disk; that is not waited for.
  void ReadAhead(absl::string_view part) const;
  // This process holds no page of it until it looks at one again. All, since the system maps those
  // around a page with it.
  void GiveBack() const;

 private:
  MappedFile(void* address, std::size_t size) : address_(address), size_(size) {}

  void* address_ = nullptr;  // null: an empty file
  std::size_t size_ = 0;
};

}  // namespace continuo::base
