internal import LMDB
internal import SparseFormat

/// What documents have in common that are grouped together.
enum GroupKey: Hashable, Sendable {
    /// The beginnings of their identifiers, up to the first separator.
    case idPrefix(separator: String)
}

/// What documents are grouped by, as a dictionary key: texts are one only when their bytes are the same.
enum GroupValue: Hashable, Sendable {
    case text(TextKey)

    init(_ text: String) { self = .text(TextKey(text)) }
}

/// Which group each document of one window is in.
final class SegmentGroups: Sendable {
    /// Of a document that is in no group.
    static let none = UInt32.max

    /// For each ordinal the position of its group in `values`, or `none`.
    let codes: [UInt32]
    /// What the documents of each group have in common.
    let values: [GroupValue]
    private let known: [GroupValue: UInt32]
    /// Ordinals by group, and where each group's begin.
    private let ordinals: [UInt16]
    private let begins: [UInt32]
    /// Removed documents of the window when it was looked through; these may be missing.
    let deadCount: Int

    /// - Parameters:
    ///   - given: for each ordinal what it is grouped by; nil for a document without.
    ///   - deadCount: removed documents of the window.
    init(_ given: [GroupValue?], deadCount: Int) {
        var known: [GroupValue: UInt32] = [:]
        var values: [GroupValue] = []
        let codes = given.map { value -> UInt32 in
            guard let value else { return Self.none }
            if let code = known[value] { return code }
            let code = UInt32(values.count)
            known[value] = code
            values.append(value)
            return code
        }
        var begins = [UInt32](repeating: 0, count: values.count + 1)
        for code in codes where code != Self.none { begins[Int(code) + 1] += 1 }
        for code in values.indices { begins[code + 1] += begins[code] }
        var next = begins
        var ordinals = [UInt16](repeating: 0, count: Int(begins[values.count]))
        for (ordinal, code) in codes.enumerated() where code != Self.none {
            ordinals[Int(next[Int(code)])] = UInt16(truncatingIfNeeded: ordinal)
            next[Int(code)] += 1
        }
        self.codes = codes
        self.values = values
        self.known = known
        self.ordinals = ordinals
        self.begins = begins
        self.deadCount = deadCount
    }

    /// The ordinals of the documents that have a value; none when the window has no such document.
    func ordinals(of value: GroupValue) -> [Int] {
        guard let code = known[value] else { return [] }
        return ordinals[Int(begins[Int(code)])..<Int(begins[Int(code) + 1])].map(Int.init)
    }
}

/// Groups of one open segment that searches have asked for. Its identifiers do not change, so they are looked through once.
final class SegmentGroupCache: Sendable {
    /// Each takes some 6 bytes a document, and the values.
    private static let capacity = 4

    private let known = Lock<[(key: GroupKey, groups: SegmentGroups)]>([])

    /// The groups of the segment's documents, as `make` says when they are not known.
    ///
    /// - Parameter deadCount: removed documents of the segment as the caller's snapshot sees it.
    func groups(by key: GroupKey, deadCount: Int, _ make: () throws -> SegmentGroups) rethrows -> SegmentGroups {
        // A snapshot held for long may see documents that were removed when the segment was looked through.
        let found = known.withLock { known in
            known.first { $0.key == key && $0.groups.deadCount <= deadCount }?.groups
        }
        if let found { return found }
        let groups = try make()
        known.withLock { known in
            known.removeAll { $0.key == key }
            if known.count >= Self.capacity { known.removeFirst() }
            known.append((key, groups))
        }
        return groups
    }
}
