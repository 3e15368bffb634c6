// SPDX-License-Identifier: Apache-2.0
// libarchive, loaded when somebody packs or unpacks for the first time: packages (tar), bundles of
// songs (zip).
//
// Problem: with all that it brings along (XML, Unicode tables, five compressors) it takes 3 MB of
// memory, and a daemon that plays effects never needs it.
// Threads: [any-thread]. It stays loaded.
// Errors: FAILED_PRECONDITION with what cannot be loaded, and the remedy.
#pragma once

#include <absl/status/status.h>
#include <archive.h>
#include <archive_entry.h>

namespace continuo::model {

struct ArchiveLibrary {
  decltype(&::archive_entry_filetype) entry_filetype;
  decltype(&::archive_entry_free) entry_free;
  decltype(&::archive_entry_hardlink) entry_hardlink;
  decltype(&::archive_entry_new) entry_new;
  decltype(&::archive_entry_pathname) entry_pathname;
  decltype(&::archive_entry_set_filetype) entry_set_filetype;
  decltype(&::archive_entry_set_mtime) entry_set_mtime;
  decltype(&::archive_entry_set_pathname) entry_set_pathname;
  decltype(&::archive_entry_set_perm) entry_set_perm;
  decltype(&::archive_entry_set_size) entry_set_size;
  decltype(&::archive_entry_size) entry_size;
  decltype(&::archive_entry_size_is_set) entry_size_is_set;
  decltype(&::archive_entry_sparse_count) entry_sparse_count;
  decltype(&::archive_error_string) error_string;
  decltype(&::archive_read_data) read_data;
  decltype(&::archive_read_free) read_free;
  decltype(&::archive_read_new) read_new;
  decltype(&::archive_read_next_header) read_next_header;
  decltype(&::archive_read_open) read_open;
  decltype(&::archive_read_open_filename) read_open_filename;
  decltype(&::archive_read_support_format_tar) read_support_format_tar;
  decltype(&::archive_read_support_format_zip) read_support_format_zip;
  decltype(&::archive_set_error) set_error;
  decltype(&::archive_write_add_filter_zstd) write_add_filter_zstd;
  decltype(&::archive_write_close) write_close;
  decltype(&::archive_write_data) write_data;
  decltype(&::archive_write_free) write_free;
  decltype(&::archive_write_header) write_header;
  decltype(&::archive_write_new) write_new;
  decltype(&::archive_write_open_fd) write_open_fd;
  decltype(&::archive_write_set_filter_option) write_set_filter_option;
  decltype(&::archive_write_set_format_pax_restricted) write_set_format_pax_restricted;
  decltype(&::archive_write_set_format_zip) write_set_format_zip;
};

[[nodiscard]] absl::Status LoadArchives();
// Once LoadArchives() was OK.
[[nodiscard]] const ArchiveLibrary& Archives();

}  // namespace continuo::model
