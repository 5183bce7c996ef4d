//! The attacks: one file each, and the table of all.

use crate::attack::Attack;

/// Calls a macro with the name of each attack, which is that of its file.
#[macro_export]
macro_rules! for_each_attack {
    ($macro:ident) => {
        $macro! {
            allow_list_left_open,
            ban_beside_join,
            ban_of_many_messages,
            connections,
            crowd_of_logins,
            dead_code_of_the_banned,
            deleted_text,
            everyone_taken_over,
            gateways_without_hello,
            guesses_at_one_account,
            huge_logins,
            join_and_leave,
            large_ready,
            long_passwords,
            made_up_tokens,
            malformed_frames,
            malformed_requests,
            old_cursors,
            one_code_for_three,
            open_doors,
            peer_certificates,
            peer_connections,
            peer_deliveries,
            peer_endless_answers,
            peer_giant_bodies,
            peer_requests,
            peer_squats_on_ids,
            peer_stalled_bodies,
            registered_before_the_owner,
            reset_streams,
            role_for_oneself,
            searches_for_nothing,
            slow_readers,
            stalled_bodies,
            stalled_headers,
            stalled_large_bodies,
            stalled_streams,
            told_after_the_session,
        }
    };
}

/// Declares the files, and lists what each of them plays.
macro_rules! attacks {
    ($($name:ident),* $(,)?) => {
        $(mod $name;)*

        /// Every attack.
        pub const ATTACKS: &[Attack] = &[$($name::ATTACK),*];
    };
}

for_each_attack!(attacks);
