use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    task::{Wake, Waker},
};

/// Wakes whoever drives the server.
#[derive(Default)]
pub(super) struct Bell {
    rung: AtomicBool,
    driver: Mutex<Option<Waker>>,
}

impl Bell {
    pub(super) fn ring(&self) {
        self.rung.store(true, Ordering::Relaxed);
        let driver = self.driver.lock().expect("nothing panics in here").take();
        if let Some(driver) = driver {
            driver.wake();
        }
    }

    pub(super) fn was_rung(&self) -> bool {
        self.rung.swap(false, Ordering::Relaxed)
    }

    pub(super) fn pass_on_to(&self, driver: &Waker) {
        *self.driver.lock().expect("nothing panics in here") = Some(driver.clone());
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.ring();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.ring();
    }
}
