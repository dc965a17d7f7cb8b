/// A filter as windows see it: tags by name, documents by number.
indirect enum ResolvedFilter: Sendable {
    case tag(String)
    /// Live documents, ascending.
    case documents([UInt64])
    case all([ResolvedFilter])
    case any([ResolvedFilter])
    case not(ResolvedFilter)

    /// The live documents of a window that the filter lets through.
    func allowed(_ member: IndexView.Member) throws -> AllowedDocuments {
        var bitmap = try bitmap(member)
        // Postings of removed documents stay until a merge; their tags do too.
        if let tombstones = member.tombstones { bitmap.subtract(tombstones) }
        return AllowedDocuments(bitmap)
    }

    private func bitmap(_ member: IndexView.Member) throws -> Bitmap {
        let count = member.segment.documentCount
        switch self {
        case .tag(let tag):
            var found = Bitmap(count: count)
            try member.segment.tags.insert(tag, into: &found)
            return found
        case .documents(let documents):
            var found = Bitmap(count: count)
            for document in Self.part(of: documents, in: member.segment) {
                if let ordinal = member.segment.numbers.ordinal(of: document) { found.insert(ordinal) }
            }
            return found
        case .all(let parts):
            guard let first = parts.first else { return Bitmap(allBelow: count) }
            var found = try first.bitmap(member)
            for part in parts.dropFirst() where !found.isEmpty {
                // Without the complement's detour.
                if case .not(let other) = part {
                    found.subtract(try other.bitmap(member))
                } else {
                    found.formIntersection(try part.bitmap(member))
                }
            }
            return found
        case .any(let parts):
            var found = Bitmap(count: count)
            for part in parts {
                if case .tag(let tag) = part {
                    try member.segment.tags.insert(tag, into: &found)
                } else {
                    found.formUnion(try part.bitmap(member))
                }
            }
            return found
        case .not(let part):
            var found = try part.bitmap(member)
            found.formComplement()
            return found
        }
    }

    /// Those of the documents that can lie in a segment.
    private static func part(of documents: [UInt64], in segment: WindowSegment) -> ArraySlice<UInt64> {
        func first(_ isReached: (UInt64) -> Bool) -> Int {
            var low = 0
            var high = documents.count
            while low < high {
                let middle = (low + high) / 2
                if isReached(documents[middle]) { high = middle } else { low = middle + 1 }
            }
            return low
        }
        let begin = first { $0 >= segment.firstNumber }
        return documents[begin..<max(begin, first { $0 > segment.lastNumber })]
    }
}
