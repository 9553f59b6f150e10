use std::{io, net::SocketAddr};

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use crate::{
    load::{Echo, Handshakes, Load, Room},
    servers::{Server, Service},
};

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
pub(crate) enum Row {
    /// Echo of 125 B on 64 connections, one message of each under way
    #[value(name = "echo-125")]
    Echo125,
    /// The same with 16 messages of each under way
    #[value(name = "echo-125-deep")]
    Echo125Deep,
    /// Echo of 125 B on 1,000 connections, one message of each under way
    #[value(name = "echo-125-wide")]
    Echo125Wide,
    /// Echo of 16 KiB on 64 connections
    #[value(name = "echo-16k")]
    Echo16K,
    /// Echo of 1 MiB on 4 connections
    #[value(name = "echo-1m")]
    Echo1M,
    /// A room of 1,000 members, with 8 posts of 125 B under way
    #[value(name = "room-125")]
    Room125,
    /// The same with posts of 1 KiB
    #[value(name = "room-1k")]
    Room1K,
    /// A room of 1,000 members, with one post of 125 B under way
    #[value(name = "room-125-single")]
    Room125Single,
    /// Connect, upgrade, close; 32 clients at it
    #[value(name = "handshake")]
    Handshake,
}

/// What ours is to cost, at most.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Goal {
    /// As a multiple of what this one costs.
    pub(crate) of: Server,
    pub(crate) ratio: f64,
}

impl Row {
    /// What it is called on the command line.
    pub(crate) fn name(self) -> String {
        let value = self.to_possible_value();
        value.map_or_else(String::new, |value| value.get_name().to_owned())
    }

    /// What it is called in tables.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Echo125 => "echo, 125 B, 64 connections",
            Self::Echo125Deep => "echo, 125 B, 64 connections, 16 deep",
            Self::Echo125Wide => "echo, 125 B, 1,000 connections",
            Self::Echo16K => "echo, 16 KiB, 64 connections",
            Self::Echo1M => "echo, 1 MiB, 4 connections",
            Self::Room125 => "room of 1,000, 125 B, 8 posts at a time",
            Self::Room1K => "room of 1,000, 1 KiB, 8 posts at a time",
            Self::Room125Single => "room of 1,000, 125 B, 1 post at a time",
            Self::Handshake => "connect, upgrade, close",
        }
    }

    pub(crate) const fn service(self) -> Service {
        match self {
            Self::Echo125
            | Self::Echo125Deep
            | Self::Echo125Wide
            | Self::Echo16K
            | Self::Echo1M
            | Self::Handshake => Service::Echo,
            Self::Room125 | Self::Room1K | Self::Room125Single => Service::Room,
        }
    }

    /// What one of what is counted is.
    pub(crate) const fn unit(self) -> &'static str {
        match self {
            Self::Echo125
            | Self::Echo125Deep
            | Self::Echo125Wide
            | Self::Echo16K
            | Self::Echo1M => "message",
            Self::Room125 | Self::Room1K | Self::Room125Single => "delivery",
            Self::Handshake => "handshake",
        }
    }

    /// Issue 5, point 8.
    pub(crate) const fn goal(self) -> Goal {
        let (of, ratio) = match self {
            Self::Echo125 => (Server::Limit, 1.05),
            Self::Echo125Deep => (Server::Limit, 1.10),
            Self::Echo125Wide => (Server::Limit, 1.08),
            Self::Echo16K => (Server::Limit, 1.12),
            Self::Echo1M => (Server::Limit, 1.2),
            Self::Room125 => (Server::Limit, 1.15),
            Self::Room1K => (Server::Limit, 1.2),
            Self::Room125Single => (Server::Limit, 1.08),
            Self::Handshake => (Server::ActixWs, 0.8),
        };
        Goal { of, ratio }
    }

    /// The clients, connected.
    pub(crate) fn load(self, to: SocketAddr, path: &str) -> io::Result<Box<dyn Load>> {
        Ok(match self {
            Self::Echo125 => Box::new(Echo::connect(to, path, 64, 1, 125)?),
            Self::Echo125Deep => Box::new(Echo::connect(to, path, 64, 16, 125)?),
            Self::Echo125Wide => Box::new(Echo::connect(to, path, 1000, 1, 125)?),
            Self::Echo16K => Box::new(Echo::connect(to, path, 64, 1, 16 << 10)?),
            Self::Echo1M => Box::new(Echo::connect(to, path, 4, 1, 1 << 20)?),
            Self::Room125 => Box::new(Room::connect(to, path, 1000, 8, 125)?),
            Self::Room1K => Box::new(Room::connect(to, path, 1000, 8, 1 << 10)?),
            Self::Room125Single => Box::new(Room::connect(to, path, 1000, 1, 125)?),
            Self::Handshake => Box::new(Handshakes::new(to, path, 32)?),
        })
    }
}
