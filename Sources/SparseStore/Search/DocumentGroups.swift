internal import SparseFormat

/// Which group each document of a snapshot's index is in, for one search.
struct DocumentGroups {
    /// How many documents of a group are wanted.
    let best: Int
    private let members: [SegmentGroups]
    private let numbers = Numbers()

    /// The numbers that groups have got, one for all windows. Of one search, which is one thread.
    private final class Numbers {
        var byValue: [GroupValue: Int] = [:]
        var byCode: [UInt64: Int] = [:]
    }

    init(_ members: [SegmentGroups], best: Int) {
        self.members = members
        self.best = best
    }

    /// The group of a document, as a number: at least 0 for one that has documents in common, below 0 for a document that
    /// is a group of its own.
    func group(of place: DocumentPlace) -> Int {
        let member = members[place.member]
        let code = member.codes[place.ordinal]
        guard code != SegmentGroups.none else { return -1 - (place.member << 16 | place.ordinal) }
        let key = UInt64(place.member) << 32 | UInt64(code)
        if let number = numbers.byCode[key] { return number }
        let number = numbers.byValue[member.values[Int(code)], default: numbers.byValue.count]
        numbers.byValue[member.values[Int(code)]] = number
        numbers.byCode[key] = number
        return number
    }

    /// What a document is grouped by; nil for one without.
    func value(of place: DocumentPlace) -> GroupValue? {
        let code = members[place.member].codes[place.ordinal]
        return code == SegmentGroups.none ? nil : members[place.member].values[Int(code)]
    }

    /// All documents, removed ones too, of the groups that some documents are in, by window.
    func documents(ofGroupsOf places: Set<DocumentPlace>) -> [(member: Int, ordinals: [Int])] {
        let values = Set(places.compactMap(value))
        return members.indices.compactMap { position in
            let ordinals = values.flatMap(members[position].ordinals)
            return ordinals.isEmpty ? nil : (position, ordinals)
        }
    }
}

/// The highest of a value that each group has, as far as it is known; a group's value only rises.
struct GroupLeaders {
    /// How many groups lead.
    private let count: Int
    private var values: [Int: Float] = [:]
    /// The values of those that lead, ascending; empty until there are so many.
    private var leading: [Float] = []

    init(count: Int) { self.count = count }

    /// What `count` groups reach; nil while fewer are known.
    var threshold: Float? { leading.first }

    mutating func raise(_ group: Int, to value: Float) {
        let old = values[group]
        guard old.map({ $0 < value }) ?? true else { return }
        values[group] = value
        guard let least = leading.first else {
            if values.count == count { leading = values.values.sorted() }
            return
        }
        // Equal values are the same to what leads: whose they are does not matter.
        if let old, old >= least {
            leading.remove(at: place(of: old))
        } else {
            guard value > least else { return }
            leading.removeFirst()
        }
        leading.insert(value, at: place(of: value))
    }

    /// The position of the first value that is not lower.
    private func place(of value: Float) -> Int {
        var low = 0
        var high = leading.count
        while low < high {
            let middle = (low + high) / 2
            if leading[middle] < value { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

/// What a document must reach to be a candidate of its group, and what groups must reach to lead.
struct GroupBounds {
    private let groups: DocumentGroups
    private let perGroup: Int
    /// Whether the groups are given, so that what counts is whether each has its documents; otherwise a group counts by its
    /// best.
    private let isEveryGroupKnown: Bool
    private var lowers: [Int: BoundedMinimumHeap<Float>] = [:]
    private var leaders: GroupLeaders

    /// - Parameters:
    ///   - count: how many groups lead.
    ///   - perGroup: how many documents of a group are wanted.
    ///   - isEveryGroupKnown: whether there are no more groups than that.
    init(_ groups: DocumentGroups, leading count: Int, perGroup: Int, isEveryGroupKnown: Bool) {
        self.groups = groups
        self.perGroup = perGroup
        self.isEveryGroupKnown = isEveryGroupKnown
        leaders = GroupLeaders(count: count)
    }

    /// What a document must reach, whatever its group.
    var threshold: Float { leaders.threshold ?? -.infinity }

    /// Takes a candidate in; false when its group has enough better ones.
    mutating func take(_ candidate: ScanCandidate) -> Bool {
        let group = groups.group(of: candidate.place)
        guard candidate.upper >= least(of: group) else { return false }
        lowers[group, default: BoundedMinimumHeap(capacity: perGroup, least: -.infinity)].insert(candidate.lower)
        if !isEveryGroupKnown {
            leaders.raise(group, to: candidate.lower)
        } else if let heap = lowers[group], heap.isFull {
            leaders.raise(group, to: heap.minimum)
        }
        return true
    }

    /// Whether a candidate can still be among the best of its group.
    func keeps(_ candidate: ScanCandidate) -> Bool {
        candidate.upper >= least(of: groups.group(of: candidate.place))
    }

    /// What a document of a group must reach.
    private func least(of group: Int) -> Float {
        guard let heap = lowers[group], heap.isFull else { return -.infinity }
        return heap.minimum
    }
}

/// The documents that a search has scored, by group.
struct GroupedDocuments {
    private let groups: DocumentGroups
    private let limit: Int
    /// Of each group the best, best first.
    private var found: [Int: [FoundDocument]] = [:]
    private var leaders: GroupLeaders

    init(_ groups: DocumentGroups, limit: Int) {
        self.groups = groups
        self.limit = limit
        leaders = GroupLeaders(count: limit)
    }

    /// What the best documents of `limit` groups reach; nil while there are fewer groups.
    var threshold: Float? { leaders.threshold }

    /// Takes a document in if it can be among the best of its group, and its group among the best.
    mutating func take(_ score: Float, _ place: DocumentPlace, _ vector: ExactVector) throws {
        let group = groups.group(of: place)
        if let known = found[group] {
            if known.count == groups.best, let last = known.last, score < last.score { return }
        } else if let reached = threshold, score < reached {
            return
        }
        let document = FoundDocument(
            id: try vector.identifier(), place: place, score: score, group: groups.value(of: place))
        found[group, default: []].insert(document, keeping: groups.best)
        leaders.raise(group, to: score)
    }

    /// The best groups, each with its best documents.
    func best() -> [FoundDocument] {
        let best = found.values.compactMap { documents in documents.first.map { (first: $0, documents: documents) } }
            .sorted { FoundDocument.precedes($0.first, $1.first) }
        return best.prefix(limit).flatMap(\.documents)
    }
}

extension [FoundDocument] {
    /// Puts a document at its place among those that rank before and behind it, and drops the last one beyond `count`.
    fileprivate mutating func insert(_ document: FoundDocument, keeping count: Int) {
        insert(document, at: firstIndex { FoundDocument.precedes(document, $0) } ?? endIndex)
        if self.count > count { removeLast() }
    }
}

/// Answers whose documents of one group stand together.
enum Groups {
    /// The groups of a ranking, in the order of their first items, each with its first `best` items.
    ///
    /// - Parameter key: what the items of a group have in common; nil for an item that is a group of its own.
    static func arranged<Item, Key: Hashable>(_ ranking: [Item], best: Int, by key: (Item) -> Key?) -> [[Item]] {
        var groups: [[Item]] = []
        var places: [Key: Int] = [:]
        for item in ranking {
            if let key = key(item), let place = places[key] {
                if groups[place].count < best { groups[place].append(item) }
            } else {
                if let key = key(item) { places[key] = groups.count }
                groups.append([item])
            }
        }
        return groups
    }

    /// The documents of each group; without groups each document alone.
    static func split(_ documents: [FoundDocument], isGrouped: Bool) -> [ArraySlice<FoundDocument>] {
        var groups: [ArraySlice<FoundDocument>] = []
        var begin = documents.startIndex
        while begin < documents.endIndex {
            var end = begin + 1
            if isGrouped, let group = documents[begin].group {
                while end < documents.endIndex, documents[end].group == group { end += 1 }
            }
            groups.append(documents[begin..<end])
            begin = end
        }
        return groups
    }

    /// Some groups of an answer.
    ///
    /// - Returns: their documents, and whether there were as many groups as asked for.
    static func slice(
        _ documents: [FoundDocument], from first: Int, count: Int, isGrouped: Bool
    ) -> (documents: [FoundDocument], isFull: Bool) {
        guard isGrouped else {
            let slice = documents.dropFirst(first).prefix(count)
            return (Array(slice), slice.count == count)
        }
        let slice = split(documents, isGrouped: true).dropFirst(first).prefix(count)
        return (slice.flatMap(\.self), slice.count == count)
    }
}

extension IndexView {
    /// Which group each document of a window is in, looked up once for each window and key.
    func groups(of position: Int, by key: GroupKey) throws -> SegmentGroups {
        let member = members[position]
        return try member.segment.groups.groups(by: key, deadCount: member.deadCount) {
            let values = try (0..<member.segment.documentCount).map { ordinal -> GroupValue? in
                // A removed document of a compact segment is not stored any more.
                guard member.isLive(ordinal) else { return nil }
                switch key {
                case .idPrefix(let separator):
                    let id = try vector(of: DocumentPlace(member: position, ordinal: ordinal)).identifier()
                    return GroupValue(id.prefix(upToFirst: separator))
                }
            }
            return SegmentGroups(values, deadCount: member.deadCount)
        }
    }
}

extension String {
    /// What stands before the first occurrence of a separator, compared byte for byte; everything where there is none.
    fileprivate func prefix(upToFirst separator: String) -> String {
        let (text, separator) = (Array(utf8), Array(separator.utf8))
        guard text.count >= separator.count else { return self }
        for start in 0...text.count - separator.count where text[start] == separator[0] {
            if text[start..<start + separator.count].elementsEqual(separator) {
                return String(decoding: text[..<start], as: UTF8.self)
            }
        }
        return self
    }
}
