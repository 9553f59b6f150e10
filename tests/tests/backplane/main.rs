//! What joins nodes: one suite that every engine passes, and what each has of
//! its own.
//!
//! Those that are programs of others are started if `WS_TESTS_ENGINES` is 1, as
//! `tests/run` sets it, which has installed them.

mod memory;
mod nats;
mod redis;
mod suite;

/// Makes tests of the suite, for an engine that is a
/// [`Subject`](suite::Subject).
macro_rules! passes {
    ($engine:ty: $($part:ident { $($test:ident)* })*) => {$($(
        #[actix_web::test]
        async fn $test() {
            if let Some(engine) = <$engine as crate::suite::Subject>::start().await {
                crate::suite::$part::$test(engine).await;
            }
        }
    )*)*};
}
use passes;

/// All of it that needs nothing but a running engine.
macro_rules! passes_all {
    ($engine:ty) => {
        crate::passes! { $engine:
            delivery {
                subscriber_hears_what_is_published_after_subscribing
                publishers_are_heard_each_in_its_order
                publisher_hears_itself_once
                nobody_hears_what_they_have_left
                topics_with_odd_names_stay_apart
                largest_payload_passes
                batch_of_a_thousand_arrives_in_order
            }
            record {
                all_hear_one_order_with_the_same_positions
                publisher_is_told_the_positions_that_others_see
                reader_gets_what_is_behind_an_offset
                record_keeps_the_newest
                record_keeps_the_young
                topic_without_messages_has_an_epoch
                epoch_is_the_same_for_all
                record_begins_at_one_place_for_all_who_open_it
                batch_published_twice_is_recorded_once
                publishers_are_not_taken_for_each_other
            }
            reach {
                nobody_is_there_and_the_error_says_so
            }
        }
    };
}
use passes_all;

/// What it takes to end one and begin anew.
macro_rules! passes_all_losses {
    ($engine:ty) => {
        crate::passes! { $engine:
            loss {
                all_learn_that_the_engine_was_killed
                what_was_recorded_outlives_the_engine_or_the_epoch_tells
                who_had_all_misses_nothing_of_what_comes_after_a_restart
                all_learn_that_the_engine_is_silent
                link_that_publishes_learns_that_the_engine_is_silent
            }
        }
    };
}
use passes_all_losses;
