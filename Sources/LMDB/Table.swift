/// A named table. It is valid as long as its environment once the transaction that opened it has committed.
package struct Table: Sendable, Hashable {
    package let name: String
    let handle: UInt32
}
