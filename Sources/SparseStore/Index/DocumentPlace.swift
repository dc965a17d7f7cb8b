/// Where a snapshot's index has a document: the position of its segment, and its ordinal there.
struct DocumentPlace: Hashable, Sendable {
    let member: Int
    let ordinal: Int
}
