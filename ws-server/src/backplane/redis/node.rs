use std::{io, sync::Arc, time::Duration};

use redis::{
    AsyncConnectionConfig, Cmd, Pipeline, PushInfo, RedisConnectionInfo, RedisResult, Value,
    aio::MultiplexedConnection, cmd,
};
use tokio::{
    task::AbortHandle,
    time::{sleep, timeout},
};
use tokio_rustls::TlsConnector;

use super::{address::Server, live::Live, stream};
use crate::backplane::BackplaneError;

/// A connection to one server: commands, their answers, and live messages.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) connection: MultiplexedConnection,
    live: Arc<Live>,
    tasks: [AbortHandle; 2],
}

/// How a connection is made, whatever the server.
pub(super) struct Terms<'a> {
    pub(super) login: &'a RedisConnectionInfo,
    pub(super) tls: Option<&'a TlsConnector>,
    pub(super) connect: Duration,
    pub(super) response: Duration,
}

impl Node {
    /// Connects. The loss of the connection is told to `live`.
    pub(super) async fn connect(
        server: &Server,
        terms: &Terms<'_>,
        live: &Arc<Live>,
    ) -> RedisResult<Self> {
        let taker = Arc::clone(live);
        let config = AsyncConnectionConfig::new()
            .set_response_timeout(Some(terms.response))
            .set_push_sender(move |push: PushInfo| {
                taker.take(push);
                Ok::<_, ()>(())
            });
        let connect = async {
            let stream = stream::open(server, terms.tls).await?;
            MultiplexedConnection::new_with_config(terms.login, stream, config).await
        };
        let connected = timeout(terms.connect, connect).await;
        let (connection, driver) =
            connected.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;

        let ended = Arc::clone(live);
        let driver = tokio::spawn(async move {
            driver.await;
            ended.fail("the connection ended");
        });
        let ping = tokio::spawn(watch(connection.clone(), terms.response, Arc::clone(live)));
        Ok(Self {
            connection,
            live: Arc::clone(live),
            tasks: [driver, ping].map(|task| task.abort_handle()),
        })
    }

    /// Has the server do one thing.
    pub(super) async fn command(
        &self,
        command: &Cmd,
    ) -> Result<RedisResult<Value>, BackplaneError> {
        let mut pipeline = Pipeline::with_capacity(1);
        pipeline.add_command(command.clone());
        let mut answers = self.pipeline(pipeline).await?;
        answers.pop().ok_or_else(|| self.live.fail(OUT_OF_STEP))
    }

    /// Has the server do all of this, and gives its answer to each. An error
    /// means that the link is lost.
    pub(super) async fn pipeline(
        &self,
        mut pipeline: Pipeline,
    ) -> Result<Vec<RedisResult<Value>>, BackplaneError> {
        self.live.check()?;
        let count = pipeline.len();
        let mut connection = self.connection.clone();
        let answers: RedisResult<Vec<RedisResult<Value>>> =
            pipeline.ignore_errors().query_async(&mut connection).await;
        let answers = answers.map_err(|error| self.live.fail(error))?;
        if answers.len() != count {
            return Err(self.live.fail(OUT_OF_STEP));
        }
        // Meanwhile, answers may have come to be of other questions.
        self.live.check()?;
        Ok(answers)
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

/// Asks for a sign of life again and again: otherwise nobody would notice that
/// a server, or the way to it, is gone without a word.
async fn watch(mut connection: MultiplexedConnection, every: Duration, live: Arc<Live>) {
    loop {
        sleep(every).await;
        let answer: RedisResult<Value> = cmd("PING").query_async(&mut connection).await;
        match answer {
            Err(error) if error.clone().into_server_errors().is_none() => {
                live.fail(error);
                return;
            }
            // That it may not be asked is a sign of life, too.
            Ok(_) | Err(_) => {}
        }
    }
}

const OUT_OF_STEP: &str = "its answers are of other questions";
