//! Many at a time.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use beep_core::account::{Account, User};
use beep_core::content::Content;
use beep_core::event::{EventBody, Position};
use beep_core::id::MessageId;
use beep_core::member::Member;
use beep_core::message::{Draft, Message};
use beep_core::port::{
    AccountGuard, Change, CommitError, Committed, MessageGuard, MessagePage, MessageWrite, RemoteProfile, Unique,
};
use beep_core::record::RecordGuard;
use beep_core::role::Role;
use beep_core::text::{Bio, PersonName};
use tokio::task::JoinSet;

use super::Stage;
use super::sample::{Community, NOW, account, community, named, namesake, nth, role, user};

const CALLERS: u64 = 64;

/// Commits all changes at a time and gives what became of each, in their order.
pub(super) async fn all_at_a_time(stage: &Stage, changes: Vec<Change>) -> Vec<Result<Committed, CommitError>> {
    let mut running = JoinSet::new();
    for (number, change) in changes.into_iter().enumerate() {
        let store = stage.store.clone();
        running.spawn(async move { (number, store.commit(change).await) });
    }
    let mut outcomes = BTreeMap::new();
    while let Some(done) = running.join_next().await {
        let (number, outcome) = done.expect("a commit does not panic");
        outcomes.insert(number, outcome);
    }
    outcomes.into_values().collect()
}

/// Edits and deletions at a time: of those that rest on the same message one is made, those of others are all made, and
/// what is kept and told is what was made.
pub async fn edits_at_a_time_are_made_once_each(stage: &Stage) {
    let community = community(stage).await;
    let store = &stage.store;
    let mut sent = Vec::new();
    for n in 0..CALLERS / 4 {
        sent.extend(stage.commit(community.says(&format!("message {n}"))).await.posted);
    }
    let edit = |n: u64| {
        let before = &sent[n as usize / 4];
        let change = Change::reading(&community.id(), 1).guard(MessageGuard::as_read(before));
        if n.is_multiple_of(4) {
            let (channel, id) = (before.channel.clone(), before.id);
            let body = EventBody::MessageDeleted { channel: channel.clone(), id };
            return change.write(MessageWrite::Remove(channel, id)).channel_event(&community.channel, body);
        }
        let content = Content::parse(&format!("edited by {n}")).expect("a text");
        let after = Message { content, edited_at: Some(NOW.after(Duration::from_millis(n))), ..before.clone() };
        let body = EventBody::MessageUpdated(after.clone());
        change.write(MessageWrite::Put(after)).channel_event(&community.channel, body)
    };
    // Posts and changes of facts between them, which do not disturb them.
    let mut changes: Vec<Change> = (0..CALLERS).map(edit).collect();
    changes.extend((0..8).map(|n| community.says(&format!("between {n}"))));
    changes.extend((0..8).map(|n| community.joined_by(user(1_000 + n))));
    let outcomes = all_at_a_time(stage, changes).await;
    for (number, before) in sent.iter().enumerate() {
        let made: Vec<_> = outcomes[number * 4..][..4].iter().flatten().collect();
        assert_eq!(made.len(), 1, "{:?}", &outcomes[number * 4..][..4]);
        let event = &made[0].events[0];
        let kept = store.message(&before.channel, before.id).await.expect("read");
        match &event.body {
            EventBody::MessageUpdated(message) => assert_eq!(kept.as_ref(), Some(message)),
            EventBody::MessageDeleted { .. } => assert_eq!(kept, None),
            other => panic!("{other:?}"),
        }
        let told = store.channel_events(&before.channel, event.seq - 1, 1).await.expect("read");
        assert_eq!(told[0], **event);
    }
    assert!(outcomes[CALLERS as usize..].iter().all(Result::is_ok));
    let wrong = Change::reading(&community.id(), 77).write(MessageWrite::Put(sent[0].clone()));
    stage.stale(wrong).await;
}

/// However many pins come at a time, no more are made than there may be.
pub async fn pins_at_a_time_stay_within_their_bound(stage: &Stage) {
    let community = community(stage).await;
    let mut sent = Vec::new();
    for n in 0..CALLERS / 2 {
        sent.extend(stage.commit(community.says(&format!("message {n}"))).await.posted);
    }
    let pins = sent.iter().map(|message| {
        let (channel, id, by) = (message.channel.clone(), message.id, user(1));
        let body = EventBody::MessagePinned { channel: channel.clone(), id, user: by.clone() };
        Change::reading(&community.id(), 1)
            .guard(MessageGuard::as_read(message))
            .guard(MessageGuard::PinsFewer { channel: channel.clone(), than: 10 })
            .write(MessageWrite::Pin { channel, id, by })
            .channel_event(&community.channel, body)
    });
    let outcomes = all_at_a_time(stage, pins.collect()).await;
    assert_eq!(outcomes.iter().flatten().count(), 10);
    let pinned = stage.store.pins(&community.channel.id, 100).await.expect("read");
    assert_eq!(pinned.len(), 10);
    let times: HashSet<_> = pinned.iter().map(|pin| pin.at).collect();
    assert_eq!(times.len(), 10, "each has a moment of its own");
}

/// Roles that are given at a time: of the changes that rest on the same member one is made, those of other members are all
/// made, and what rests on who a member was before is refused afterwards, a message of theirs as well.
pub async fn changes_of_members_at_a_time_see_each_other(stage: &Stage) {
    let community = community(stage).await;
    let members: Vec<_> = (0..CALLERS / 4).map(|n| community.member(user(2 + n))).collect();
    let roles: Vec<_> = (1..=4).map(|n| role(n, &community.server)).collect();
    let made = roles.iter().fold(Change::default(), |change, role| change.put(role.clone()));
    stage.commit(made).await;
    for member in &members {
        stage.commit(community.joined_by(member.user.clone())).await;
    }
    let given = |before: &Member, role: &Role| {
        let after = Member { roles: vec![role.id], ..before.clone() };
        let event = EventBody::MemberUpdated { member: after.clone(), before: before.clone() };
        let change = Change::reading(&community.id(), 1).guard(RecordGuard::Is(before.clone()));
        change.put(after).space_event(&community.server, event)
    };
    let changes = members.iter().flat_map(|member| roles.iter().map(move |role| given(member, role)));
    let outcomes = all_at_a_time(stage, changes.collect()).await;
    for (before, outcomes) in members.iter().zip(outcomes.chunks(roles.len())) {
        let made: Vec<_> = outcomes.iter().flatten().collect();
        assert_eq!(made.len(), 1, "{outcomes:?}");
        let kept = stage.store.member(&community.id(), &before.user).await.expect("read").expect("they are there");
        assert!(matches!(&made[0].events[0].body, EventBody::MemberUpdated { member, .. } if *member == kept));
        let says = |rests_on: &Member| {
            let draft = Draft { author: before.user.clone().into(), ..community.draft("hello") };
            Change::reading(&community.id(), 1).guard(RecordGuard::Is(rests_on.clone())).write(community.post(draft))
        };
        stage.stale(says(before)).await;
        stage.commit(says(&kept)).await;
        let muted = Member { roles: Vec::new(), muted_until: Some(NOW), ..kept.clone() };
        let change = Change::reading(&community.id(), 1).guard(RecordGuard::Is(kept.clone())).put(muted.clone());
        stage.commit(change).await;
        assert_eq!(stage.store.member(&community.id(), &before.user).await.expect("read"), Some(muted));
        stage.stale(says(&kept)).await;
    }
    let gone = community.member(user(1_000));
    stage.stale(given(&gone, &roles[0])).await;
    assert_eq!(stage.store.member(&community.id(), &gone.user).await.expect("read"), None);
}

/// Of the changes of an account that rest on the same revision one is made, and names stay each of one account, whatever
/// else is changed at that time.
pub async fn changes_of_accounts_at_a_time_see_each_other(stage: &Stage) {
    for n in 1..=4 {
        stage.commit(Change::default().put(account(n))).await;
    }
    let changed = |n: u64| {
        let name = Some(PersonName::parse(&format!("name {n}")).expect("a name"));
        Account { first_name: name, ..account(n % 4 + 1) }
    };
    // Each was put once.
    let put = |account: Account| {
        let account = Account { revision: 1, ..account };
        Change::default().guard(AccountGuard::At { id: account.id(), revision: 1 }).put(account)
    };
    let twin = |n: u64| named(n, account(4).user.username.as_str());
    let changes = (0..CALLERS).map(|n| match n % 8 {
        7 => put(twin(n % 3 + 1)),
        _ => put(changed(n)),
    });
    let outcomes = all_at_a_time(stage, changes.collect()).await;
    for of in 1..=4 {
        let made: Vec<_> =
            (0..CALLERS).zip(&outcomes).filter(|(n, made)| n % 8 < 7 && n % 4 + 1 == of && made.is_ok()).collect();
        assert_eq!(made.len(), 1, "{outcomes:?}");
        let kept = stage.store.account(account(of).id()).await.expect("read").expect("it is there");
        assert_eq!(kept, Account { revision: 2, ..changed(made[0].0) });
    }
    let refused = (0..CALLERS).zip(&outcomes).filter(|(n, _)| n % 8 == 7);
    assert!(refused.clone().count() > 0);
    for (_, outcome) in refused {
        assert!(matches!(outcome, Err(CommitError::Stale | CommitError::Taken(Unique::Username))), "{outcome:?}");
    }
    stage.stale(put(account(1_000))).await;
    assert_eq!(stage.store.account(account(1_000).id()).await.expect("read"), None);
}

/// Of what is said of one user many times at a time one word stays, and of each other user theirs.
pub async fn the_last_profile_at_a_time_stays(stage: &Stage) {
    let profile = |n: u64| {
        let user = User { bio: Some(Bio::parse(&format!("word {n}")).expect("a bio")), ..account(n % 4 + 1).user };
        let key = namesake(n % 4 + 1);
        RemoteProfile { user: User { key, ..user }, seen_at: NOW.after(Duration::from_millis(n)) }
    };
    let changes = (0..CALLERS).map(|n| Change::default().put(profile(n)));
    assert!(all_at_a_time(stage, changes.collect()).await.iter().all(Result::is_ok));
    let users: Vec<_> = (1..=4).map(namesake).collect();
    let kept = stage.store.profiles(&users).await.expect("read");
    assert_eq!(kept.len(), 4);
    for (user, seen_at) in kept {
        let n = u64::try_from(seen_at.millis() - NOW.millis()).expect("after");
        assert_eq!((user, seen_at), (profile(n).user, profile(n).seen_at));
    }
}

/// The log and every stream are numbered without gaps, whoever commits what and whatever is refused.
pub async fn many_at_a_time_leave_no_gaps(stage: &Stage) {
    let (first, second) = (community(stage).await, Community::new(2));
    stage.commit(second.made()).await;
    stage.commit(Change::default().put(account(1))).await;
    for round in 0..5 {
        let changes = (0..CALLERS).map(|n| match n % 8 {
            0..=2 => first.says(&format!("first {round} {n}")),
            3 | 4 => second.says(&format!("second {round} {n}")),
            5 => Change::reading(&first.id(), 77).write(first.post(first.draft("stale"))),
            6 => first.joined_by(user(1_000 + round * CALLERS + n)),
            _ => Change::default()
                .write(second.post(second.draft("undone")))
                .put(named(2, "user1"))
                .user_event(&user(1), EventBody::SessionRevoked { id: nth(1) }),
        });
        let outcomes = all_at_a_time(stage, changes.collect()).await;
        for (outcome, n) in outcomes.iter().zip(0..) {
            match (n % 8, outcome) {
                (5, Err(CommitError::Stale)) | (7, Err(CommitError::Taken(_))) => {}
                (0..=4 | 6, Ok(committed)) => assert_eq!(committed.events.len(), 1),
                (_, other) => panic!("caller {n}: {other:?}"),
            }
        }
    }
    let events = stage.store.events_after(Position(0), 10_000).await.expect("read");
    assert_eq!(events.len() as u64, 2 + 5 * CALLERS * 6 / 8);
    let mut streams = HashMap::new();
    let mut last: HashMap<_, MessageId> = HashMap::new();
    for (event, place) in events.iter().zip(1..) {
        assert_eq!(event.position, Position(place));
        let seq = streams.entry(event.stream.uuid()).or_insert(0);
        *seq += 1;
        assert_eq!(event.seq, *seq);
        if let EventBody::MessageCreated(message) = &event.body {
            let before = last.insert(message.channel.id, message.id);
            assert!(before.is_none_or(|before| message.id > before));
        }
    }
    for community in [&first, &second] {
        let id = community.channel.id.clone();
        let kept = stage.store.messages(&id, MessagePage::After(nth(0)), 10_000).await.expect("read");
        let told: Vec<_> = events
            .iter()
            .filter_map(|event| match &event.body {
                EventBody::MessageCreated(message) if message.channel.id == id.id => Some(message.clone()),
                _ => None,
            })
            .collect();
        assert_eq!(kept, told);
        let seq = stage.store.channel_events(&id, 0, 10_000).await.expect("read").len();
        assert_eq!(seq, told.len());
    }
    let server = stage.store.server(&first.id()).await.expect("read").expect("it is there");
    assert_eq!(server.member_count, 1 + 5 * CALLERS / 8);
}

/// Who hears of events hears each once, in order, and before who made them is answered.
pub async fn events_are_heard_of_in_order_and_before_the_answer(stage: &Stage) {
    let community = Arc::new(community(stage).await);
    let mut running = JoinSet::new();
    for n in 0..CALLERS {
        let (store, heard, community) = (stage.store.clone(), stage.heard.clone(), community.clone());
        running.spawn(async move {
            for round in 0..5 {
                let change = if (n + round) % 4 == 0 {
                    community.joined_by(user(1_000 + n * 5 + round))
                } else {
                    community.says("hear, hear")
                };
                let committed = store.commit(change).await.expect("it is sound");
                let position = committed.events[0].position;
                let known = heard.all();
                assert!(known.iter().any(|event| event.position == position), "answered before it was told");
            }
        });
    }
    while let Some(done) = running.join_next().await {
        done.expect("all goes well");
    }
    let heard = stage.heard.all();
    let kept = stage.store.events_after(Position(0), 10_000).await.expect("read");
    assert!(heard.iter().map(|event| &**event).eq(&kept));
    assert_eq!(kept.len() as u64, 1 + CALLERS * 5);
}

/// However many send it at a time, one nonce is one message and one event.
pub async fn one_nonce_from_many_at_a_time_is_one_message(stage: &Stage) {
    let community = community(stage).await;
    for round in 0..3 {
        let nonce = format!("nonce {round}");
        let send = |n: u64| {
            let draft: Draft = if n.is_multiple_of(2) {
                community.with_nonce(&format!("from {n}"), &nonce)
            } else {
                community.with_nonce("another", &format!("{nonce} {n}"))
            };
            Change::reading(&community.id(), 1).write(community.post(draft))
        };
        let outcomes = all_at_a_time(stage, (0..CALLERS).map(send).collect()).await;
        let outcomes: Vec<_> = outcomes.into_iter().map(|outcome| outcome.expect("it is sound")).collect();
        let events: usize = outcomes.iter().map(|committed| committed.events.len()).sum();
        assert_eq!(events as u64, 1 + CALLERS / 2);
        let ids: HashSet<_> = outcomes.iter().map(|committed| committed.posted[0].id).collect();
        assert_eq!(ids.len(), events);
        let shared: HashSet<_> = outcomes.iter().step_by(2).map(|committed| committed.posted[0].id).collect();
        assert_eq!(shared.len(), 1);
        for committed in outcomes {
            let message = &committed.posted[0];
            let kept = stage.store.message(&message.channel, message.id).await.expect("read");
            assert_eq!(kept.as_ref(), Some(message));
        }
    }
    let events = stage.store.channel_events(&community.channel.id, 0, 10_000).await.expect("read");
    assert!(events.iter().map(|event| event.seq).eq(1..=3 * (1 + CALLERS / 2)));
}

/// A change that the database cannot take fails alone, though it shares a commit with others.
pub async fn a_database_error_hurts_only_its_own_change(stage: &Stage) {
    let community = community(stage).await;
    let nowhere = Role { server: Community::new(40).server.id, ..role(5, &community.server) };
    for _ in 0..3 {
        let changes = (0..CALLERS).map(|n| match n {
            20 | 50 => Change::default()
                .write(community.post(community.draft("undone")))
                .put(nowhere.clone())
                .user_event(&user(1), EventBody::SessionRevoked { id: nth(1) }),
            _ => community.says("done"),
        });
        let outcomes = all_at_a_time(stage, changes.collect()).await;
        for (outcome, n) in outcomes.iter().zip(0..) {
            match (n, outcome) {
                (20 | 50, Err(CommitError::Store(_))) => {}
                (_, Ok(committed)) if n != 20 && n != 50 => assert_eq!(committed.events.len(), 1),
                (_, other) => panic!("caller {n}: {other:?}"),
            }
        }
    }
    let kept = stage.store.events_after(Position(0), 10_000).await.expect("read");
    assert!(kept.iter().map(|event| event.position.0).eq(1..=1 + 3 * (CALLERS - 2)));
    assert!(stage.heard.all().iter().map(|event| &**event).eq(&kept));
    let page = MessagePage::Newest;
    let messages = stage.store.messages(&community.channel.id, page, 10_000).await.expect("read");
    assert_eq!(messages.len() as u64, 3 * (CALLERS - 2));
}
