internal import LMDB
internal import SparseFormat

/// Document frequencies, exact at every commit: pages of counts, and deltas of later commits.
///
/// A commit appends one small delta. Every `foldEvery` commits, or at a large commit, the deltas are folded into the
/// pages. A single-document commit therefore writes a few hundred bytes instead of every page that has one of its
/// terms.
struct StatisticsTable {
    let reader: StoreReader

    /// The number of deltas after which they are folded.
    static let foldEvery: UInt64 = 64
    /// The number of changes in one commit from which folding at once is cheaper than writing a delta.
    static let foldAtOnce = 4_096

    /// Returns the changes of the deltas that are not folded yet.
    func pendingChanges(_ manifest: ManifestRecord) throws -> [TermID: Int64] {
        var changes: [TermID: Int64] = [:]
        for sequence in manifest.firstStatisticsDelta..<manifest.nextStatisticsDelta {
            let key = Keys.statisticsDelta(sequence)
            guard let delta = try StatisticsDelta(from: .statistics, key: key, reader) else {
                throw SparseStoreError.corrupted("statistics delta \(sequence) is missing")
            }
            for (term, change) in zip(delta.terms, delta.changes) {
                changes[term] = try Self.sum(changes[term, default: 0], change)
            }
        }
        return changes
    }

    /// Returns the folded counts of terms in order. A page is read once, regardless of the number of terms on it.
    func foldedFrequencies(of terms: some Sequence<TermID>) throws -> [Int64] {
        var pages: [UInt32: StatisticsPage] = [:]
        return try terms.map { term in
            let number = term / UInt32(StatisticsPage.termsPerPage)
            let page = try pages[number] ?? self.page(number) ?? StatisticsPage.empty
            pages[number] = page
            return Int64(page.frequencies[Int(term) % StatisticsPage.termsPerPage])
        }
    }

    /// Returns the document frequency of a term from its folded count and the later changes.
    func frequency(_ folded: Int64, _ pending: Int64, _ manifest: ManifestRecord) throws -> Int {
        let frequency = try Self.sum(folded, pending)
        guard frequency >= 0, UInt64(frequency) <= manifest.documents else { throw Self.impossible }
        return Int(frequency)
    }

    /// Adds counts from disk. An overflow means that they are damaged.
    fileprivate static func sum(_ a: Int64, _ b: Int64) throws -> Int64 {
        let (sum, overflow) = a.addingReportingOverflow(b)
        guard !overflow else { throw impossible }
        return sum
    }

    private static var impossible: SparseStoreError {
        SparseStoreError.corrupted("the document frequency of a term is out of range")
    }

    func page(_ number: UInt32) throws -> StatisticsPage? {
        try StatisticsPage(from: .statistics, key: Keys.statisticsPage(number), reader)
    }

    /// Calls `body` with every term that a live document has, in ascending order, and its document frequency.
    func forEach(_ manifest: ManifestRecord, _ body: (TermID, Int64) throws -> Void) throws {
        var pending = try pendingChanges(manifest).sorted { $0.key < $1.key }[...]
        var cursor = try reader.cursor(.statistics)
        var entry = try cursor.seek(atOrAfter: Keys.statisticsPage(0))
        while let current = entry, let number = Keys.statisticsPageNumber(current.key) {
            let page = try StatisticsPage(
                sealed: current.value, in: .statistics, key: Keys.statisticsPage(number))
            let (first, overflow) = number.multipliedReportingOverflow(by: UInt32(StatisticsPage.termsPerPage))
            guard !overflow else { throw FormatError(.keyShape, "page \(number)") }
            while let next = pending.first, next.key < first {
                if next.value != 0 { try body(next.key, next.value) }
                pending.removeFirst()
            }
            // The last page has places for more terms than there are.
            for (index, folded) in page.frequencies.prefix(Int(TermID.max - first) + 1).enumerated() {
                let term = first + UInt32(index)
                var count = Int64(folded)
                if let next = pending.first, next.key == term {
                    count = try Self.sum(count, next.value)
                    pending.removeFirst()
                }
                if count != 0 { try body(term, count) }
            }
            entry = try cursor.next()
        }
        for (term, count) in pending where count != 0 { try body(term, count) }
    }
}

extension StoreWriter {
    /// Writes the changes of one commit and moves the manifest's delta range.
    ///
    /// - Parameter own: The changes, none of them 0, in ascending order of terms.
    func commitFrequencies(_ own: [(term: TermID, change: Int64)], _ manifest: inout ManifestRecord) throws {
        guard !own.isEmpty else { return }
        let waiting = manifest.nextStatisticsDelta - manifest.firstStatisticsDelta
        if own.count < StatisticsTable.foldAtOnce && waiting < StatisticsTable.foldEvery {
            let key = Keys.statisticsDelta(manifest.nextStatisticsDelta)
            try StatisticsDelta(terms: own.map(\.term), changes: own.map(\.change))
                .put(into: .statistics, key: key, self)
            manifest.nextStatisticsDelta += 1
            return
        }
        if waiting > 0 {
            try fold(reader.statistics.pendingChanges(manifest).sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
        }
        try fold(own)
        for sequence in manifest.firstStatisticsDelta..<manifest.nextStatisticsDelta {
            try delete(.statistics, Keys.statisticsDelta(sequence))
        }
        manifest.firstStatisticsDelta = manifest.nextStatisticsDelta
    }

    /// Adds changes to the pages. The terms must ascend.
    private func fold(_ changes: [(term: TermID, change: Int64)]) throws {
        let perPage = UInt32(StatisticsPage.termsPerPage)
        var ordered = changes[...]
        while let first = ordered.first {
            let number = first.term / perPage
            var page = try reader.statistics.page(number) ?? StatisticsPage.empty
            while let change = ordered.first, change.term / perPage == number {
                let index = Int(change.term % perPage)
                let count = try StatisticsTable.sum(Int64(page.frequencies[index]), change.change)
                guard let count = UInt32(exactly: count) else {
                    throw SparseStoreError.corrupted(
                        "the document frequency of term \(change.term) would become \(count)")
                }
                page.frequencies[index] = count
                ordered.removeFirst()
            }
            try page.put(into: .statistics, key: Keys.statisticsPage(number), self)
        }
    }
}
