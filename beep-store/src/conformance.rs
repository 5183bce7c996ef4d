//! The conformance suite: tests that any store can run.
//!
//! Each promise of the ports is a case here. Cases are plain functions over a [`Stage`]; [`store_conformance!`] makes a
//! test of each:
//!
//! ```text
//! async fn stage() -> Option<Stage> {
//!     Some(Stage::open(MyPlace::new(), Arc::new(MyCodec)).await)
//! }
//!
//! mod my_store {
//!     beep_store::store_conformance!(super::stage());
//! }
//! ```
//!
//! [`store_conformance!`]: crate::store_conformance

mod accounts;
mod audit;
mod bans;
mod concurrency;
#[cfg(feature = "postgres")]
mod database;
mod durability;
mod events;
mod federation;
mod friends;
mod guards;
mod history;
mod idempotency_keys;
mod invitations;
mod log;
mod members;
mod moderation;
mod people;
mod pins;
mod posts;
mod reactions;
mod reads;
mod sample;
mod search;
mod second_factors;
mod snapshot;
mod spaces;
mod stage;

pub use accounts::*;
pub use audit::*;
pub use bans::*;
pub use concurrency::*;
#[cfg(feature = "postgres")]
pub use database::new_postgres;
pub use durability::*;
pub use events::*;
pub use federation::*;
pub use friends::*;
pub use guards::*;
pub use history::*;
pub use idempotency_keys::*;
pub use invitations::*;
pub use log::*;
pub use members::*;
pub use moderation::*;
pub use people::*;
pub use pins::*;
pub use posts::*;
pub use reactions::*;
pub use reads::*;
pub use search::*;
pub use second_factors::*;
pub use snapshot::*;
pub use spaces::*;
pub use stage::{Place, Stage};

/// Makes a test of every case. The given expression is awaited for a [`Stage`], or `None` to skip the test. The calling
/// crate needs `tokio` with `macros` and `rt-multi-thread`.
#[macro_export]
macro_rules! store_conformance {
    ($stage:expr) => {
        $crate::store_conformance! { $stage =>
            a_ban_is_kept_until_it_is_lifted,
            a_refused_change_leaves_no_audit_entry,
            an_audit_entry_is_found_by_actor_target_and_action,
            audit_logs_are_bounded_by_number_and_time,
            the_backend_has_an_audit_log_of_its_own,
            a_suspension_is_kept_until_it_is_lifted,
            a_restriction_is_kept_until_it_is_lifted,
            a_report_is_found_by_who_sees_it_and_how_far_it_is,
            ending_all_sessions_rests_on_how_many_there_are,
            a_domain_ban_is_kept_until_it_is_lifted,
            members_are_found_by_their_backend,
            a_block_is_kept_until_it_is_lifted,
            a_friendship_is_found_by_how_it_stands,
            a_presence_is_kept_as_it_was_chosen_last,
            the_backends_that_hear_of_somebody_are_known,
            a_change_of_an_account_rests_on_its_revision,
            a_category_goes_alone,
            a_channel_goes_with_its_messages,
            a_claim_is_told_by_caller_key_and_route,
            a_claimed_request_is_carried_out_once,
            a_change_of_an_address_is_kept_for_each_account,
            a_code_is_kept_for_each_account,
            a_deleted_account_says_nothing,
            an_event_says_whom_it_concerns,
            a_code_rests_on_the_attempts_that_are_left,
            a_decision_can_rest_on_a_ban_and_on_its_absence,
            a_commit_that_nobody_waits_for_is_whole,
            a_database_error_hurts_only_its_own_change,
            a_member_is_kept_with_sorted_roles,
            a_mute_is_kept_until_it_is_lifted,
            a_message_is_stamped_as_it_is_committed,
            a_message_to_a_channel_that_is_gone_is_stale,
            a_namesake_from_elsewhere_is_somebody_else,
            a_nonce_is_good_once_for_its_author_and_channel,
            a_nonce_is_good_once_within_a_change,
            a_nonce_is_free_again_when_its_message_is_gone,
            a_copy_is_pinned_as_its_owner_says,
            a_pin_is_kept_until_it_is_taken_down,
            a_pin_rests_on_how_many_there_are,
            a_mark_moves_as_its_user_wants,
            many_marks_at_once_end_where_they_were_moved_last,
            unread_messages_say_whom_they_are_for,
            a_mark_goes_with_what_it_is_of,
            marks_outlive_that_a_replica_is_replaced,
            a_copy_is_reacted_to_as_its_owner_says,
            an_edit_tells_of_the_reactions_of_its_moment,
            reactions_are_bounded_and_go_with_their_message,
            reactions_are_counted_and_kept_by_user,
            a_refused_change_leaves_no_trace,
            a_role_is_taken_from_members_and_overrides,
            a_server_goes_with_all_that_is_in_it,
            a_server_is_kept_with_its_parts,
            a_server_is_shared_with_the_homes_of_its_members,
            a_departure_is_kept_until_it_is_told,
            a_registration_is_kept_for_each_address,
            a_seat_counts_against_others,
            a_session_rests_on_its_secret,
            an_account_has_one_second_factor,
            a_second_factor_is_used_once_as_it_was_read,
            a_begun_second_factor_is_kept_for_a_while,
            a_username_is_held_until_a_time,
            a_snapshot_has_the_private_spaces_of_late,
            a_snapshot_is_of_one_position,
            a_user_is_told_nothing_of_a_space_by_having_its_id,
            a_snapshot_shows_what_a_user_holds,
            accounts_are_found_by_id_name_and_address,
            an_edit_rests_on_the_last_one,
            an_owner_owns_no_more_than_they_may,
            an_invitation_is_found_until_it_is_removed,
            an_invitation_lets_in_as_many_as_it_says,
            every_kind_of_event_comes_back_as_it_was,
            events_tell_messages_as_they_are,
            records_that_cannot_be_read_keep_their_place,
            edits_at_a_time_are_made_once_each,
            pins_at_a_time_stay_within_their_bound,
            reactions_at_a_time_are_counted_once_each,
            changes_of_members_at_a_time_see_each_other,
            changes_of_accounts_at_a_time_see_each_other,
            the_last_profile_at_a_time_stays,
            events_are_brought_up_to_date,
            events_are_heard_of_in_order_and_before_the_answer,
            events_are_kept_for_their_scopes,
            events_are_paged_up_to_a_position,
            changes_of_facts_are_found_among_messages,
            events_of_a_change_follow_its_messages,
            global_roles_are_kept_beside_the_account,
            history_is_paged_both_ways,
            ids_ascend_though_the_clock_is_set_back,
            invitation_codes_are_unique,
            invitations_for_one_person_are_found_by_them,
            what_is_set_aside_is_kept_by_backend,
            a_profile_ends_unless_its_user_is_a_member,
            what_others_tell_of_their_invitations_is_kept_apart,
            joining_rests_on_not_being_a_member,
            keys_are_listed_oldest_first,
            many_at_a_time_leave_no_gaps,
            fellow_members_are_found_whoever_owns_the_server,
            members_are_found_by_any_part_of_their_names,
            members_are_found_by_what_they_are_called_now,
            members_are_found_among_many_who_are_called_alike,
            members_at_the_moment_are_told_of_what_ends,
            messages_change_and_go,
            messages_of_every_author_are_kept,
            messages_of_every_content_are_kept,
            names_and_addresses_are_unique,
            one_nonce_from_many_at_a_time_is_one_message,
            pages_follow_each_other,
            pruning_takes_ended_sessions_and_abandoned_registrations,
            public_servers_are_found_by_what_their_texts_hold,
            public_servers_are_found_the_best_first,
            public_servers_are_found_by_what_they_are_now,
            pruning_keeps_what_is_young,
            pruning_keeps_no_gaps,
            reopening_keeps_everything,
            revising_a_server_makes_older_decisions_stale,
            sessions_are_listed_youngest_first,
            the_member_count_follows_the_members,
            users_are_found_by_what_their_names_begin_with,
            what_somebody_sent_is_found_and_rested_on,
            what_was_committed_can_be_read_at_once,
        }
    };
    ($stage:expr => $($case:ident),+ $(,)?) => { $(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $case() {
            if let Some(stage) = $stage.await {
                $crate::conformance::$case(&stage).await;
                stage.close().await;
            }
        }
    )+ };
}
