// SPDX-License-Identifier: Apache-2.0
// The text that collectors read, and what of HTTP is understood.
#include <catch2/catch.hpp>
#include <string>

#include "daemon/service/metrics_endpoint.h"
#include "daemon/service/prometheus_text.h"

namespace continuo::service {
namespace {

using Catch::Contains;

v1::GetMetricsResponse Sample() {
  v1::GetMetricsResponse metrics;
  metrics.set_uptime_s(12.5);
  v1::CoreMetrics* core = metrics.add_cores();
  core->set_core(1);
  core->set_busy(0.25);
  v1::StreamMetrics* stream = metrics.add_streams();
  stream->mutable_stream()->set_stream_id(7);
  stream->mutable_stream()->set_model_id("drive");
  stream->mutable_stream()->set_client_name("a \"b\"\\c");
  stream->mutable_statistics()->set_missed_blocks(3);
  // 2^0.25 µs … : four in the first octave, one of 100 µs, one past all octaves.
  for (int i = 0; i < 96; ++i) stream->mutable_wait()->add_counts(0);
  for (int i = 0; i < 4; ++i) stream->mutable_wait()->set_counts(i, 1);
  stream->mutable_wait()->set_counts(26, 1);
  stream->mutable_wait()->set_counts(95, 1);
  stream->mutable_wait()->set_sum_us(250);
  return metrics;
}

TEST_CASE("PrometheusText: values, labels and units") {
  const std::string text = PrometheusText(Sample());
  CHECK_THAT(text,
             Contains("# TYPE continuo_uptime_seconds gauge\ncontinuo_uptime_seconds 12.5\n"));
  CHECK_THAT(text, Contains("continuo_core_busy_ratio{core=\"1\"} 0.25\n"));
  CHECK_THAT(text, Contains("continuo_stream_missed_blocks_total{stream=\"7\",model=\"drive\","
                            "client=\"a \\\"b\\\"\\\\c\"} 3"));
  CHECK(text.back() == '\n');
}

TEST_CASE("PrometheusText: buckets are cumulative, and the last has all") {
  const std::string text = PrometheusText(Sample());
  const std::string labels = "{stream=\"7\",model=\"drive\",client=\"a \\\"b\\\"\\\\c\",le=";
  const std::string name = "continuo_stream_wait_seconds_bucket" + labels;
  CHECK_THAT(text, Contains(name + "\"2e-06\"} 4\n"));
  CHECK_THAT(text, Contains(name + "\"6.4e-05\"} 4\n"));
  CHECK_THAT(text, Contains(name + "\"0.000128\"} 5\n"));
  CHECK_THAT(text, Contains(name + "\"0.131072\"} 5\n"));
  CHECK_THAT(text, Contains(name + "\"+Inf\"} 6\n"));
  CHECK_THAT(text, Contains("continuo_stream_wait_seconds_sum{stream=\"7\""));
  CHECK_THAT(text, Contains("} 0.00025\n"));
}

TEST_CASE("PrometheusText: a client's name does not break the format") {
  v1::GetMetricsResponse metrics = Sample();
  metrics.mutable_streams(0)->mutable_stream()->set_client_name("x\n\"} 1\nevil 1");
  const std::string text = PrometheusText(metrics);
  CHECK_THAT(text, !Contains("\nevil"));
  CHECK_THAT(text, Contains("client=\"x\\n\\\"} 1\\nevil 1\""));
}

TEST_CASE("PrometheusText: the memory budget, and what each model counts for") {
  supervisor::MemoryReport report;
  report.budget_bytes = 2048;
  report.used_bytes = 1024;
  report.counts.evicted = 3;
  memory::Budget::Item item;
  item.name = {"streams/fused", "drive/1.0.0/fp32"};
  item.state = memory::Budget::State::kHeld;
  item.need.bytes = 512;
  report.items.push_back({item, 0, 300});
  const std::string text = PrometheusText(report);
  CHECK_THAT(text, Contains("continuo_memory_budget_bytes 2048\n"));
  CHECK_THAT(text, Contains("continuo_memory_counted_bytes 1024\n"));
  CHECK_THAT(text, Contains("continuo_memory_evicted_total 3\n"));
  CHECK_THAT(text, Contains("continuo_model_bytes{model=\"drive/1.0.0/fp32\","
                            "place=\"streams/fused\"} 512\n"));
}

TEST_CASE("MetricsEndpoint: what it is asked for, and what else it is sent") {
  struct Case {
    std::string request;
    std::string status;
    bool body;
  };
  const Case cases[] = {
      {"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", "200 OK", true},
      {"GET /metrics HTTP/1.0\r\n\r\n", "200 OK", true},
      {"GET /metrics?name=x HTTP/1.1\r\n\r\n", "200 OK", true},
      {"HEAD /metrics HTTP/1.1\r\n\r\n", "200 OK", false},
      {"GET / HTTP/1.1\r\n\r\n", "404 Not Found", true},
      {"HEAD /x HTTP/1.1\r\n\r\n", "404 Not Found", false},
      {"GET /metrics/../etc/passwd HTTP/1.1\r\n\r\n", "404 Not Found", true},
      {"POST /metrics HTTP/1.1\r\n\r\n", "405 Method Not Allowed", true},
      {"get /metrics HTTP/1.1\r\n\r\n", "405 Method Not Allowed", true},
      {"GET /metrics HTTP/2.0\r\n\r\n", "505 HTTP Version Not Supported", true},
      {"GET /metrics\r\n\r\n", "400 Bad Request", true},
      {"GET  /metrics HTTP/1.1\r\n\r\n", "400 Bad Request", true},
      {"\r\n\r\n", "400 Bad Request", true},
      {std::string("GET /met\0rics HTTP/1.1\r\n\r\n", 26), "400 Bad Request", true},
      {"\x16\x03\x01\x02 \r\n\r\n", "400 Bad Request", true},
      {std::string(kMaxRequestBytes + 1, 'a'), "431 Request Header Fields Too Large", true}};
  for (const Case& one : cases) {
    CAPTURE(one.request.substr(0, 60));
    const HttpVerdict verdict = JudgeRequest(one.request);
    CHECK(std::string(verdict.status) == one.status);
    CHECK(verdict.body == one.body);
  }
}

}  // namespace
}  // namespace continuo::service
