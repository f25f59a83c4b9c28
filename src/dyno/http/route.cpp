#include "dyno/http/route.h"

#include <algorithm>
#include <string>
#include <utility>

#include "dyno/async/stop.h"
#include "dyno/http/resolver.h"

namespace dyno::http {

namespace {

constexpr Duration between_lookups = std::chrono::seconds{1};

}  // namespace

struct Route::Lookups {
  explicit Lookups(const Destination& destination)
      : addresses(destination.addresses), resolver(destination.lookup) {}

  std::vector<Address> addresses;
  std::string failure;                          // of the last one; empty: it did not fail
  std::unique_ptr<async::StopSource> answered;  // of the one under way
  Resolver resolver;
};

Route::Route(async::EventLoop& loop, const Destination& destination)
    : loop_(&loop), destination_(&destination), known_since_(loop.now()) {}

Route::Route(Route&&) noexcept = default;
Route::~Route() = default;

const std::vector<Address>& Route::addresses() const {
  return lookups_ ? lookups_->addresses : destination_->addresses;
}

bool Route::fresh() {
  if (!destination_->lookup) return true;
  if (lookups_ && lookups_->answered) return false;
  if (lookups_ && !lookups_->failure.empty()) return false;
  const Duration every = destination_->settings.resolve_every;
  const bool old = every > Duration::zero();
  if (!old && !doubted_) return true;
  const Duration age = loop_->now() - known_since_;
  return !(old && age >= every) && !(doubted_ && age >= between_lookups);
}

void Route::doubt() { doubted_ = true; }

void Route::begin() {
  Lookups& lookups = *lookups_;
  lookups.answered = std::make_unique<async::StopSource>();
  lookups.resolver.ask(*loop_, destination_->url.host, destination_->url.port,
                       [this](Result<std::vector<Address>> found) {
                         known_since_ = loop_->now();
                         doubted_ = false;
                         if (found) {
                           lookups_->failure.clear();
                           lookups_->addresses = std::move(*found);
                         } else {
                           lookups_->failure = found.error().message;
                         }
                         const auto answered = std::move(lookups_->answered);
                         answered->request();
                       });
}

async::Task<bool> Route::look_up(async::Deadline& deadline, Exchange& exchange) {
  const TimePoint begin_time = loop_->now();
  if (!lookups_) lookups_ = std::make_unique<Lookups>(*destination_);
  const bool failed_just_now =
      !lookups_->failure.empty() && begin_time - known_since_ < between_lookups;
  if (!lookups_->answered && !failed_just_now) begin();
  if (lookups_->answered) {
    const async::Wake wake = co_await loop_->sleep_until(deadline.due(), lookups_->answered.get());
    exchange.dns = loop_->now() - begin_time;
    if (wake == async::Wake::ready) {
      exchange.time_out(metrics::Phase::dns, loop_->now());
      co_return false;
    }
  }
  if (lookups_->failure.empty()) co_return true;
  exchange.fail({metrics::OutcomeKind::dns}, lookups_->failure, loop_->now());
  co_return false;
}

}  // namespace dyno::http
