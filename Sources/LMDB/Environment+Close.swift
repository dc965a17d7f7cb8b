import CLMDB

extension Environment {
    /// Refuses new transactions immediately, and waits at most `drainTimeout` for live transactions to end. If some
    /// live longer, the last of them closes the file.
    package func close() {
        // A forked child must not touch the parent's file.
        guard isSameProcess else { return }
        let mustWait = gate.withLock { state in
            state.isClosing = true
            closeHandle(ifIdle: &state)
            return state.handle != nil
        }
        guard mustWait else { return }
        // Inside its own write, this thread would wait for itself.
        guard !isWriterThread else { return }
        gate.withLock(waitingUpTo: options.drainTimeout, until: { $0.handle == nil }) { _, _ in }
    }

    package var isClosed: Bool { gate.withLock { $0.handle == nil } }

    func closeIfIdle() {
        guard isSameProcess else { return }
        gate.withLock { state in
            state.isClosing = true
            closeHandle(ifIdle: &state)
        }
    }

    /// Runs under the gate's lock, so that the file can be opened again before anyone sees it closed.
    func closeHandle(ifIdle state: inout GateState) {
        guard state.isClosing, state.uses == 0, let handle = state.handle, isSameProcess else { return }
        if !state.needsReopen {
            state.lastTransactionID = MapInformation(handle).lastTransactionID
        }
        for transaction in state.idleReads { mdb_txn_abort(transaction) }
        state.idleReads = []
        mdb_env_close(handle)
        state.handle = nil
        state.forget()
    }
}
