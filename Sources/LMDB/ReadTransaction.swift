/// One consistent state of the database. It ends when it goes out of scope. It may move between threads, but only one
/// may use it at a time. Keep it short: pages freed after it began cannot be reused while it lives.
package struct ReadTransaction: ~Copyable, @unchecked Sendable {
    private let state: TransactionState
    /// The commit this transaction sees.
    package let id: UInt64

    init(state: TransactionState, id: UInt64) {
        self.state = state
        self.id = id
    }

    package var reader: Reader { Reader(state: state) }

    deinit {
        state.environment.end(read: state)
    }
}
