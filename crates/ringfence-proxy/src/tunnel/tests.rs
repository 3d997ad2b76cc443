use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;

use super::*;

async fn pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let near = TcpStream::connect(listener.local_addr().unwrap())
        .await
        .unwrap();
    (near, listener.accept().await.unwrap().0)
}

struct Ends {
    client: TcpStream,
    origin: TcpStream,
    carrier: tokio::task::JoinHandle<Carried>,
    end: CancellationToken,
}

async fn tunnel(ahead: &'static [u8], patience: Patience) -> Ends {
    let (client, near) = pair().await;
    let (far, origin) = pair().await;
    let end = CancellationToken::new();
    let stop = end.clone();
    let carrier =
        tokio::spawn(
            async move { carry(near, far, Bytes::from_static(ahead), patience, &stop).await },
        );
    Ends {
        client,
        origin,
        carrier,
        end,
    }
}

#[tokio::test]
async fn a_half_close_lets_the_answer_through() {
    let mut ends = tunnel(b"read ahead, ", Patience::default()).await;
    ends.client.write_all(b"question").await.unwrap();
    ends.client.shutdown().await.unwrap();
    let mut asked = String::new();
    ends.origin.read_to_string(&mut asked).await.unwrap();
    assert_eq!(asked, "read ahead, question");
    let answer = vec![b'x'; 3 * TUNNEL_BUFFER_BYTES + 17];
    ends.origin.write_all(&answer).await.unwrap();
    drop(ends.origin);
    let mut got = Vec::new();
    ends.client.read_to_end(&mut got).await.unwrap();
    assert_eq!(got, answer);
    let carried = ends.carrier.await.unwrap();
    assert_eq!(carried.error, None);
    assert_eq!(
        (carried.bytes_out, carried.bytes_in),
        (20, got.len() as u64)
    );
}

#[tokio::test]
async fn a_reset_is_passed_on_as_a_reset() {
    let mut ends = tunnel(b"", Patience::default()).await;
    ends.origin.write_all(b"half of i").await.unwrap();
    let mut start = [0; 9];
    ends.client.read_exact(&mut start).await.unwrap();
    ends.origin.set_zero_linger().unwrap();
    drop(ends.origin);
    let end = ends.client.read(&mut start).await;
    assert_eq!(
        end.unwrap_err().kind(),
        io::ErrorKind::ConnectionReset,
        "not an orderly end"
    );
    assert!(ends.carrier.await.unwrap().error.is_some());
}

#[tokio::test]
async fn silence_ends_a_tunnel() {
    let short = Duration::from_millis(40);
    let ends = tunnel(
        b"",
        Patience {
            idle: short,
            half_open: Duration::from_secs(60),
        },
    )
    .await;
    let carried = ends.carrier.await.unwrap();
    assert_eq!(carried.error.as_deref(), Some("idle for too long"));

    let mut ends = tunnel(
        b"",
        Patience {
            idle: Duration::from_secs(60),
            half_open: short,
        },
    )
    .await;
    ends.client.shutdown().await.unwrap();
    let carried = ends.carrier.await.unwrap();
    assert_eq!(
        carried.error.as_deref(),
        Some("one side closed and the other went silent")
    );
    drop(ends.origin);
}

#[tokio::test]
async fn a_slow_reader_holds_the_writer_back() {
    let ends = tunnel(b"", Patience::default()).await;
    let block = vec![0; 1 << 20];
    let mut sent = 0;
    let mut quiet = 0;
    // Nobody reads at the other end: what fits is socket buffers and one buffer of ours, never all that is offered.
    while quiet < 10 {
        match ends.client.try_write(&block) {
            Ok(n) => (sent, quiet) = (sent + n, 0),
            Err(_) => quiet += 1,
        }
        assert!(sent < 256 << 20, "the tunnel swallows without bound");
        sleep(Duration::from_millis(10)).await;
    }
    ends.end.cancel();
    let carried = ends.carrier.await.unwrap();
    assert!(carried.bytes_out <= sent as u64);
    assert_eq!(carried.error.as_deref(), Some("the session ended"));
}
