internal import SparseFormat

/// The group of each document in a snapshot's index, for one search.
struct DocumentGroups {
    /// The number of documents to return for each group.
    let best: Int
    private let windows: [SegmentGroups]
    private let numbers = Numbers()

    /// Returns the same groups with another number of documents per group.
    func keeping(_ best: Int) -> DocumentGroups { DocumentGroups(windows, best: best) }

    /// The numbers assigned to groups, shared by all windows. Used by one search on one thread.
    private final class Numbers {
        private var shared: [GroupValue: Int] = [:]
        private var alone: [DocumentPlace: Int] = [:]

        private var next: Int { shared.count + alone.count }

        func number(of value: GroupValue) -> Int {
            if let number = shared[value] { return number }
            let number = next
            shared[value] = number
            return number
        }

        func number(ofDocumentAt place: DocumentPlace) -> Int {
            if let number = alone[place] { return number }
            let number = next
            alone[place] = number
            return number
        }
    }

    init(_ windows: [SegmentGroups], best: Int) {
        self.windows = windows
        self.best = best
    }

    /// Returns the number of a document's group. A document without a value forms its own group. Numbers begin at 0 and
    /// are assigned when they are first asked for.
    func group(of place: DocumentPlace) -> Int {
        value(of: place).map(numbers.number) ?? numbers.number(ofDocumentAt: place)
    }

    /// Returns the value that a document is grouped by; nil if it has none.
    func value(of place: DocumentPlace) -> GroupValue? {
        let code = windows[place.window].codes[place.ordinal]
        return code == SegmentGroups.none ? nil : windows[place.window].values[Int(code)]
    }

    /// Returns all documents, including removed ones, in the groups of the given documents, by window.
    func documents(ofGroupsOf places: Set<DocumentPlace>) -> [(window: Int, ordinals: [Int])] {
        documents(of: Set(places.compactMap(value)))
    }

    /// All documents, removed ones too, of some groups, by window.
    func documents(of values: Set<GroupValue>) -> [(window: Int, ordinals: [Int])] {
        windows.indices.compactMap { window in
            let ordinals = values.flatMap(windows[window].ordinals)
            return ordinals.isEmpty ? nil : (window, ordinals)
        }
    }
}

/// Tracks the highest value of each group. The value of a group only increases.
struct GroupLeaders {
    /// The number of leading groups.
    private let count: Int
    /// The value of each group by its number; -infinity if it has none.
    private var values: [Float] = []
    /// The number of groups that have a value.
    private var known = 0
    /// The values of the leading groups, in ascending order; empty until there are enough groups.
    private var leading: [Float] = []

    init(count: Int) { self.count = count }

    /// The value that `count` groups reach; nil while fewer are known.
    var threshold: Float? { leading.first }

    mutating func raise(_ group: Int, to value: Float) {
        while values.count <= group { values.append(-.infinity) }
        let old = values[group]
        guard old < value else { return }
        values[group] = value
        if old == -.infinity { known += 1 }
        guard let least = leading.first else {
            if known == count { leading = values.filter { $0 > -.infinity }.sorted() }
            return
        }
        // Equal values are the same to what leads: whose they are does not matter.
        if old >= least {
            leading.remove(at: rank(of: old))
        } else {
            guard value > least else { return }
            leading.removeFirst()
        }
        leading.insert(value, at: rank(of: value))
    }

    /// Returns the position of the first value that is not lower.
    private func rank(of value: Float) -> Int {
        var low = 0
        var high = leading.count
        while low < high {
            let middle = (low + high) / 2
            if leading[middle] < value { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

/// The bounds for a document to become a candidate of its group and for a group to lead.
struct GroupBounds {
    private let groups: DocumentGroups
    private let perGroup: Int
    /// Whether the set of groups is fixed. Then each group must fill up with documents; otherwise a group is ranked by
    /// its best document.
    private let isEveryGroupKnown: Bool
    /// The lower bounds of each group by its number.
    private var lowers: [LowerBounds] = []
    private var leaders: GroupLeaders

    /// The largest lower bounds of one group.
    private struct LowerBounds {
        private var best = -Float.infinity
        /// All of them; nil while there is one, as in most groups.
        private var heap: BoundedMinimumHeap<Float>?

        mutating func insert(_ lower: Float, keeping count: Int) {
            if count > 1, best > -.infinity {
                if heap == nil {
                    heap = BoundedMinimumHeap(capacity: count, least: -.infinity)
                    heap?.insert(best)
                }
                heap?.insert(lower)
            }
            best = max(best, lower)
        }

        /// Returns the smallest of `count` lower bounds; -infinity while there are fewer.
        func least(of count: Int) -> Float {
            if count == 1 { return best }
            guard let heap, heap.isFull else { return -.infinity }
            return heap.minimum
        }
    }

    /// - Parameters:
    ///   - count: The number of leading groups.
    ///   - perGroup: The number of documents to return for each group.
    ///   - isEveryGroupKnown: Whether there are no more groups than `count`.
    init(_ groups: DocumentGroups, leading count: Int, perGroup: Int, isEveryGroupKnown: Bool) {
        self.groups = groups
        self.perGroup = perGroup
        self.isEveryGroupKnown = isEveryGroupKnown
        leaders = GroupLeaders(count: count)
    }

    /// The value that a document must reach regardless of its group.
    var threshold: Float { leaders.threshold ?? -.infinity }

    /// Inserts a candidate. Returns false if its group has enough better ones.
    mutating func take(_ candidate: ScanCandidate) -> Bool {
        let group = groups.group(of: candidate.place)
        while lowers.count <= group { lowers.append(LowerBounds()) }
        guard candidate.upper >= lowers[group].least(of: perGroup) else { return false }
        lowers[group].insert(candidate.lower, keeping: perGroup)
        leaders.raise(group, to: isEveryGroupKnown ? lowers[group].least(of: perGroup) : candidate.lower)
        return true
    }

    /// Returns whether a candidate can still be among the best of its group. It was inserted before.
    func keeps(_ candidate: ScanCandidate) -> Bool {
        candidate.upper >= lowers[groups.group(of: candidate.place)].least(of: perGroup)
    }
}

/// The scored documents of a search, by group.
struct GroupedDocuments {
    private let groups: DocumentGroups
    private let limit: Int
    /// The best documents of each group, best first.
    private var found: [Int: [FoundDocument]] = [:]
    private var leaders: GroupLeaders

    init(_ groups: DocumentGroups, limit: Int) {
        self.groups = groups
        self.limit = limit
        leaders = GroupLeaders(count: limit)
    }

    /// The score that the best documents of `limit` groups reach; nil while there are fewer groups.
    var threshold: Float? { leaders.threshold }

    /// Inserts a document if it can be among the best of its group and its group can be among the best.
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

    /// Returns the best groups with the best documents of each.
    func best() -> [FoundDocument] {
        let best = found.values.compactMap { documents in documents.first.map { (first: $0, documents: documents) } }
            .sorted { FoundDocument.precedes($0.first, $1.first) }
        return best.prefix(limit).flatMap(\.documents)
    }
}

extension [FoundDocument] {
    /// Inserts a document in rank order, and drops the last one if there are more than `count`.
    fileprivate mutating func insert(_ document: FoundDocument, keeping count: Int) {
        insert(document, at: firstIndex { FoundDocument.precedes(document, $0) } ?? endIndex)
        if self.count > count { removeLast() }
    }
}

/// Operations on results in which the documents of a group are adjacent.
enum Groups {
    /// Returns the groups of a ranking in the order of their first items, each with its first `best` items.
    ///
    /// - Parameter key: Returns the group of an item; nil for an item that forms its own group.
    static func arranged<Item, Key: Hashable>(_ ranking: [Item], best: Int, by key: (Item) -> Key?) -> [[Item]] {
        var groups: [[Item]] = []
        var indices: [Key: Int] = [:]
        for item in ranking {
            if let key = key(item), let index = indices[key] {
                if groups[index].count < best { groups[index].append(item) }
            } else {
                if let key = key(item) { indices[key] = groups.count }
                groups.append([item])
            }
        }
        return groups
    }

    /// Splits documents by group; without groups, each document is separate.
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

    /// Returns a range of the groups of a result.
    ///
    /// - Returns: The documents of the groups, and whether there were as many groups as requested.
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

extension ReadView {
    /// Returns the group of each document in a window. The lookup is cached by window and key.
    ///
    /// - Parameter type: The type of the attribute in the store's schema; nil for identifiers.
    func groups(of window: Int, by key: GroupKey, _ type: AttributeType?) throws -> SegmentGroups {
        let member = index.members[window]
        let request = SegmentGroupCache.Request(
            key: key, type: type, changedAt: type == nil ? 0 : member.changes?.changedAt ?? 0,
            deadCount: member.deadCount)
        return try member.segment.groups.groups(request) {
            var groups = SegmentGroups.Builder(documents: member.segment.documentCount)
            switch key {
            case .idPrefix(let separator):
                for ordinal in 0..<member.segment.documentCount where member.isLive(ordinal) {
                    // A removed document of a compact segment is no longer stored.
                    let id = try vector(of: DocumentPlace(window: window, ordinal: ordinal)).identifier()
                    groups.put(ordinal, into: groups.code(of: GroupValue(id.prefix(upToFirst: separator.text))))
                }
            case .attribute(let name):
                guard let type else { break }
                try member.column(Array(name.text.utf8), self).collect(&groups, type)
            }
            return SegmentGroups(groups)
        }
    }
}

extension MemberColumn {
    /// Assigns each document with a value to the group of that value.
    ///
    /// - Parameter type: The type of the attribute in the store's schema; not a list.
    fileprivate func collect(_ groups: inout SegmentGroups.Builder, _ type: AttributeType) {
        if let column {
            // The groups of codes seen so far: looking up a code costs less than looking up a value.
            var known = [UInt32](repeating: SegmentGroups.none, count: column.stringCount)
            var knownKeys: [UInt64: UInt32] = [:]
            column.forEachEntry { ordinal, codes in
                let code = column.codes[codes.lowerBound]
                let found = column.type.isText ? known[Int(code)] : knownKeys[code] ?? SegmentGroups.none
                if found != SegmentGroups.none { return groups.put(ordinal, into: found) }
                let group = groups.code(of: GroupValue(column, code: code, as: type))
                if column.type.isText { known[Int(code)] = group } else { knownKeys[code] = group }
                groups.put(ordinal, into: group)
            }
        }
        guard let changed else { return }
        for (row, ordinal) in changed.ordinals.enumerated() {
            guard let column = changedColumn, let codes = column.codeRange(of: row) else {
                groups.put(ordinal, into: SegmentGroups.none)
                continue
            }
            let value = GroupValue(column, code: column.codes[codes.lowerBound], as: type)
            groups.put(ordinal, into: groups.code(of: value))
        }
    }
}

extension GroupValue {
    /// The value of a code, the same for all columns of the attribute.
    fileprivate init(_ column: AttributeColumn, code: UInt64, as type: AttributeType) {
        self =
            column.type.isText
            ? GroupValue(column.string(ofCode: code)) : GroupValue(key: column.key(ofCode: code, as: type), type)
    }
}

extension String {
    /// Returns the text before the first occurrence of a separator, compared by bytes, or the whole text if there is
    /// none.
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
