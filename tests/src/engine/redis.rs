//! `redis-server`.
