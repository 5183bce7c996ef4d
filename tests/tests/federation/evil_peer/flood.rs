//! How much it asks.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_is_damped_and_local_people_notice_nothing() {
    let world = World::new().await;
    let quiet = latency(&world, 60).await;
    let before = memory(&world.own);
    let peer = world.realm.peer(Some(&world.identity));
    let (end, ends) = tokio::sync::watch::channel(false);
    let from = Instant::now();
    let mut flooding = Vec::new();
    for number in 0..FLOODERS {
        let (peer, to, infra, mut ends) = (peer.clone(), world.own.ingress, world.own.infra.clone(), ends.clone());
        flooding.push(tokio::spawn(async move {
            let (mut damped, mut answered) = (0, 0);
            while !*ends.borrow_and_update() {
                let Ok(wire) = peer.connect(to, &infra).await else { continue };
                for round in 0..20 {
                    let asking = (0..AT_ONCE).map(|_| {
                        let body = match (number + round) % 16 {
                            0 => " ".repeat(200_000),
                            1 => json!({ "ids": vec![mallory(); 100] }).to_string(),
                            _ => "{}".to_owned(),
                        };
                        let wire = &wire;
                        async move {
                            let (answer, mut sending) = wire.begin(request(EVIL, "users/by-ids")).await?;
                            let _ = sending.send_data(body.into(), true);
                            Wire::read(answer).await
                        }
                    });
                    let replies = join_all(asking).await;
                    let of = |status: u16| {
                        move |reply: &&Result<Reply, Broken>| reply.as_ref().is_ok_and(|it| it.status == status)
                    };
                    damped += replies.iter().filter(of(429)).count();
                    answered += replies.iter().filter(|reply| reply.is_ok()).count();
                    if *ends.borrow_and_update() || replies.iter().all(Result::is_err) {
                        break;
                    }
                }
            }
            (damped, answered)
        }));
    }
    // Some hold places without saying anything, or say it one octet at a time.
    let mut holding = Vec::new();
    for _ in 0..20 {
        if let Ok(stream) = tokio::net::TcpStream::connect(world.own.ingress).await {
            holding.push(stream);
        }
    }
    let mut dripping = Vec::new();
    for _ in 0..10 {
        let Ok(wire) = peer.connect(world.own.ingress, &world.own.infra).await else { continue };
        let Ok((answer, mut sending)) = wire.begin(request(EVIL, "commands/execute")).await else { continue };
        let _ = sending.send_data(Bytes::from_static(b"{"), false);
        dripping.push((wire, answer, sending));
    }
    let flooded = latency(&world, 60).await;
    let after = memory(&world.own);
    end.send_replace(true);
    let ended = join_all(flooding).await.into_iter().map(|ended| ended.expect("a flooder ends well"));
    let (damped, answered) = ended.fold((0, 0), |(damped, answered), one| (damped + one.0, answered + one.1));
    eprintln!(
        "quiet {quiet:?}, flooded {flooded:?}; {answered} answered, {damped} damped; {before} KiB, then {after} KiB"
    );
    // 1,000 at once and 500 a second, and what was under way at both ends.
    let passed = answered - damped;
    let most = 1_000 + 2 * FLOODERS * AT_ONCE + (from.elapsed().as_secs_f64() * 500.0) as usize;
    assert!(passed <= most, "{passed} requests came through in {:?}", from.elapsed());
    // The flooders share the machine's few processors with the backend, which is not optimised here.
    assert!(flooded < quiet * 20 + Duration::from_millis(200), "local latency {quiet:?} became {flooded:?}");
    assert!(after < before + 200 * 1024, "{before} KiB became {after} KiB");
    drop((holding, dripping));
    // Afterwards there is room again for those who behave.
    let mut good = world.wire().await;
    let asked = async {
        while good.call(EVIL, "meta/versions", &json!({})).await.map_or(0, |reply| reply.status) != 200 {
            good = world.wire().await;
        }
    };
    crate::within("there is room again", asked).await;
}

/// The median time of a message that is sent at home.
async fn latency(world: &World, times: usize) -> Duration {
    let mut took = Vec::new();
    for number in 0..times {
        let from = Instant::now();
        world.owner.says(&world.channel, &format!("message {number}")).await;
        took.push(from.elapsed());
    }
    took.sort();
    took[times / 2]
}

/// Who flood, each over a connection of their own.
const FLOODERS: usize = 8;

/// Requests that each of them has under way.
const AT_ONCE: usize = 25;
