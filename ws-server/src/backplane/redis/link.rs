use std::sync::Arc;

use futures_util::future::try_join_all;
use redis::{Pipeline, ServerErrorKind, cmd};
use tokio::sync::Mutex;

use super::{
    live::Live,
    publish::publish,
    record::{self, Call, Scripts},
    shards::Shards,
};
use crate::backplane::{BackplaneError, Keep, Link, Page, Pending, Publication, Published, Topic};

/// A connection to Redis, or one to each server of a cluster.
#[derive(Debug)]
pub(super) struct RedisLink {
    pub(super) shards: Shards,
    /// One for each server, in the same order.
    pub(super) scripts: Vec<Scripts>,
    pub(super) live: Arc<Live>,
    /// Channels are those of a cluster, which stay on one server.
    pub(super) sharded: bool,
    /// Batches follow one another: a record takes no number that is lower than
    /// one it has seen.
    pub(super) order: Mutex<()>,
}

impl Link for RedisLink {
    fn subscribe<'a>(&'a self, topics: &'a [Topic]) -> Pending<'a, ()> {
        let command = if self.sharded {
            "SSUBSCRIBE"
        } else {
            "SUBSCRIBE"
        };
        Box::pin(self.each(command, topics, Live::want))
    }

    fn unsubscribe<'a>(&'a self, topics: &'a [Topic]) -> Pending<'a, ()> {
        let command = if self.sharded {
            "SUNSUBSCRIBE"
        } else {
            "UNSUBSCRIBE"
        };
        Box::pin(self.each(command, topics, Live::forget))
    }

    fn publish<'a>(&'a self, batch: &'a [Publication]) -> Pending<'a, Vec<Published>> {
        Box::pin(async move {
            let _turn = self.order.lock().await;
            let parts = self.parts(batch, |it| &it.topic);
            let publishing = parts.iter().enumerate().map(|(number, part)| {
                let node = &self.shards.nodes()[number];
                publish(node, &self.scripts[number], &self.live, part)
            });
            let parts = try_join_all(publishing).await?;
            // Each has its answers in the order of the batch.
            let mut parts: Vec<_> = parts.into_iter().map(Vec::into_iter).collect();
            let answer = |it: &Publication| parts[self.shards.of(&it.topic)].next();
            Ok(batch.iter().filter_map(answer).collect())
        })
    }

    fn read<'a>(
        &'a self,
        topic: &'a Topic,
        keep: Keep,
        after: Option<u64>,
        limit: usize,
    ) -> Pending<'a, Page> {
        Box::pin(async move {
            let number = self.shards.of(topic);
            let node = &self.shards.nodes()[number];
            let read = |call| self.scripts[number].read(topic, keep, after, limit, call);
            let mut answer = node.command(&read(Call::Known)).await?;
            if let Err(error) = &answer
                && error.kind() == ServerErrorKind::NoScript.into()
            {
                answer = node.command(&read(Call::Anew)).await?;
            }
            let answer = answer.map_err(|error| self.live.fail(error))?;
            record::page(answer, topic).ok_or_else(|| self.live.fail("it reads in an unknown way"))
        })
    }
}

impl RedisLink {
    /// Does something with the channel of each topic.
    async fn each(
        &self,
        command: &str,
        topics: &[Topic],
        channel: impl Fn(&Live, &Topic) -> String,
    ) -> Result<(), BackplaneError> {
        for some in topics.chunks(CHANNELS) {
            let parts = self.parts(some, |topic| topic).into_iter().enumerate();
            let doing = parts.filter(|(_, part)| !part.is_empty());
            let doing = doing.map(|(number, part)| {
                let mut pipeline = Pipeline::with_capacity(part.len());
                for topic in part {
                    // One at a time: each is answered once then.
                    let mut command = cmd(command);
                    command.arg(channel(&self.live, topic));
                    pipeline.add_command(command);
                }
                self.shards.nodes()[number].pipeline(pipeline)
            });
            for answer in try_join_all(doing).await?.into_iter().flatten() {
                answer.map_err(|error| self.live.fail(error))?;
            }
        }
        Ok(())
    }

    /// Sorts by the servers that have the topics.
    fn parts<'a, T>(&self, all: &'a [T], topic: impl Fn(&T) -> &Topic) -> Vec<Vec<&'a T>> {
        let mut parts: Vec<Vec<&T>> = self.shards.nodes().iter().map(|_| Vec::new()).collect();
        for it in all {
            parts[self.shards.of(topic(it))].push(it);
        }
        parts
    }
}

/// How many channels are spoken of in one pipeline.
const CHANNELS: usize = 1000;
