//! What the handles of a chat and its driver share: the machine behind a lock, and the watchers of its objects.
//!
//! The lock is held only while the machine takes an input. Afterwards the watchers have the steps, and the driver is
//! woken.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use beep_core::id::{ChannelId, SpaceId, UserId};
use beep_proto::id::Full;
use beep_proto::view::Pin;

use super::machine::{Machine, MembersView};
use crate::bell::Bell;
use crate::client::Client;
use crate::conversation_list::{ChannelRow, ServerRow, Totals};
use crate::drafts::Draft;
use crate::friend_list::{FriendList, FriendRow};
use crate::gateway::GatewayEvent;
use crate::member_list::MemberRow;
use crate::moment::Moment;
use crate::people::PeopleWatchers;
use crate::reachability::{ConnectionState, Unreachable};
use crate::send_queue::Outgoing;
use crate::sorted::SortedMap;
use crate::storage::Storage;
use crate::timeline::{TimelineRow, TimelineStatus};
use crate::transport::{MaybeSend, MaybeSync, new_name, random};
use crate::watch::Watchers;

pub(crate) struct Shared {
    pub(crate) client: Client,
    pub(crate) storage: Arc<dyn Storage>,
    /// Rings after an input that is not the driver's own.
    pub(crate) wishes: Bell,
    /// Rings when a batch was stored, or could not be.
    pub(crate) saves: Bell,
    inner: Mutex<Inner>,
    listeners: Mutex<Vec<Weak<dyn EventListener>>>,
}

/// Hears what happens on the gateway.
pub(crate) trait EventListener: MaybeSend + MaybeSync {
    fn heard(&self, event: &GatewayEvent);
}

impl<F: Fn(&GatewayEvent) + MaybeSend + MaybeSync> EventListener for F {
    fn heard(&self, event: &GatewayEvent) {
        self(event);
    }
}

pub(crate) struct Inner {
    pub(crate) machine: Machine,
    pub(crate) watchers: AllWatchers,
    pub(crate) is_running: bool,
}

/// The watchers of every object.
#[derive(Default)]
pub(crate) struct AllWatchers {
    pub(crate) queue: Watchers<Arc<Outgoing>>,
    pub(crate) drafts: Watchers<Arc<Draft>>,
    pub(crate) unreachable: Watchers<Arc<Unreachable>>,
    pub(crate) connection: Watchers<ConnectionState>,
    pub(crate) rows: SortedMap<Full<ChannelId>, Watchers<TimelineRow>>,
    pub(crate) statuses: SortedMap<Full<ChannelId>, Watchers<TimelineStatus>>,
    pub(crate) writers: SortedMap<Full<ChannelId>, Watchers<Full<UserId>>>,
    pub(crate) pins: SortedMap<Full<ChannelId>, Watchers<Arc<Pin>>>,
    pub(crate) members: SortedMap<MembersView, Watchers<MemberRow>>,
    pub(crate) member_counts: SortedMap<MembersView, Watchers<usize>>,
    pub(crate) people: PeopleWatchers,
    pub(crate) friends: [Watchers<Arc<FriendRow>>; 4],
    pub(crate) servers: Watchers<ServerRow>,
    pub(crate) channels: SortedMap<Option<Full<SpaceId>>, Watchers<ChannelRow>>,
    pub(crate) totals: Watchers<Totals>,
}

impl Shared {
    pub(crate) fn new(client: Client, storage: Arc<dyn Storage>, machine: Machine) -> Self {
        let inner = Inner { machine, watchers: AllWatchers::default(), is_running: false };
        Self {
            client,
            storage,
            wishes: Bell::default(),
            saves: Bell::default(),
            inner: Mutex::new(inner),
            listeners: Mutex::default(),
        }
    }

    /// Has the machine take an input of a view.
    pub(crate) fn wish<R>(&self, input: impl FnOnce(&mut Machine, Moment) -> R) -> R {
        let result = self.input(input);
        self.wishes.ring();
        result
    }

    /// Has the machine take an input of the driver.
    pub(crate) fn input<R>(&self, input: impl FnOnce(&mut Machine, Moment) -> R) -> R {
        let now = self.now();
        let mut inner = self.lock();
        let Inner { machine, watchers, .. } = &mut *inner;
        let result = input(machine, now);
        machine.settle(now);
        watchers.tell(machine);
        result
    }

    /// Has a listener hear what happens from now on, while it is held.
    pub(crate) fn listen(&self, listener: &Arc<dyn EventListener>) {
        self.listeners().push(Arc::downgrade(listener));
    }

    /// Tells the listeners; the objects have taken it.
    pub(crate) fn tell_listeners(&self, event: &GatewayEvent) {
        let listeners: Vec<_> = {
            let mut listeners = self.listeners();
            listeners.retain(|listener| listener.strong_count() > 0);
            listeners.iter().filter_map(Weak::upgrade).collect()
        };
        for listener in listeners {
            listener.heard(event);
        }
    }

    fn listeners(&self) -> MutexGuard<'_, Vec<Weak<dyn EventListener>>> {
        self.listeners.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Inner> {
        // Nothing in here panics halfway through a change.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A name that nothing else has.
    pub(crate) fn new_name(&self) -> String {
        new_name(&*self.client.link.transport)
    }

    pub(crate) fn now(&self) -> Moment {
        let transport = &*self.client.link.transport;
        Moment { uptime: transport.uptime(), at: transport.now(), random: u64::from_be_bytes(random(transport)) }
    }
}

impl AllWatchers {
    fn tell(&mut self, machine: &mut Machine) {
        self.queue.tell(machine.queue.list());
        self.drafts.tell(machine.drafts.list());
        self.unreachable.tell(machine.reach.list());
        self.connection.tell(machine.reach.connection());
        self.servers.tell(machine.reading.servers());
        self.totals.tell(machine.reading.totals());
        for (server, list) in machine.reading.changed_channels() {
            match self.channels.get_mut(server) {
                Some(watchers) => watchers.tell(list),
                None => drop(list.take()),
            }
        }
        for (channel, history) in machine.timelines() {
            match self.rows.get_mut(channel) {
                Some(watchers) => watchers.tell(history.rows()),
                None => drop(history.rows().take()),
            }
            match self.statuses.get_mut(channel) {
                Some(watchers) => watchers.tell(history.status()),
                None => drop(history.status().take()),
            }
        }
        for (channel, writers) in machine.company.all_writers() {
            match self.writers.get_mut(channel) {
                Some(watchers) => watchers.tell(writers),
                None => drop(writers.take()),
            }
        }
        for (channel, pins) in machine.all_pins() {
            if let Some(watchers) = self.pins.get_mut(channel) {
                watchers.tell(pins.list());
            }
        }
        for (view, list) in machine.all_members() {
            if let Some(watchers) = self.members.get_mut(view) {
                watchers.tell(list.rows());
            }
            if let Some(watchers) = self.member_counts.get_mut(view) {
                watchers.tell(list.length());
            }
        }
        machine.people.draw_again(&machine.company.take_changed());
        self.people.tell(&machine.people.take_changes());
        for (list, watchers) in FriendList::ALL.into_iter().zip(&mut self.friends) {
            watchers.tell(machine.friends.rows(list));
        }
        // Streams of what is forgotten end.
        self.rows.retain(|channel, _| machine.has_timeline(channel));
        self.statuses.retain(|channel, _| machine.has_timeline(channel));
        self.writers.retain(|channel, _| machine.company.writers(channel).is_some());
        self.pins.retain(|channel, _| machine.has_pins(channel));
        self.members.retain(|view, _| machine.has_members(*view));
        self.member_counts.retain(|view, _| machine.has_members(*view));
    }
}
