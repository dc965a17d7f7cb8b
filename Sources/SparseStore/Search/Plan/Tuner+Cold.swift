internal import SparseFormat

// The times of searches whose data are on the disk.
extension Tuner {
    /// k of the searches.
    static let coldLimit = 10
    /// The number of queries that are asked with each effort, of all classes together. Each takes some milliseconds.
    static let coldQueries = 16

    /// Measures how long searches take that wait for the disk, by the clock.
    ///
    /// The pages are dropped once for each effort. What few queries have in common then comes from memory, as it does in
    /// a store that is somewhat larger than memory. The directories of lists and records are brought back before the
    /// first search. They are small, and every search reads them, so they stay in memory whatever else does not.
    /// Searches request data in advance as searches of a store do (`ScanScratch.search`). Lists of compact segments that
    /// are decoded stay so.
    ///
    /// - Parameters:
    ///   - points: What was measured with warm pages. Efforts that no query would be searched with are left out.
    ///   - dropPages: Removes the pages of the file from memory.
    ///   - progress: Called with the number of finished efforts and their total.
    func measureCold(
        _ points: [TuningRecord.Point], _ scratch: ScanScratch, dropping dropPages: () -> Void,
        _ progress: (Int, Int) throws -> Void
    ) throws -> [TuningRecord.ColdTime] {
        // One more, because the first search of an effort also waits for the directories.
        let queries = sample.spread(Self.coldQueries + 1)
        guard let first = queries.first else { return [] }
        let timed = queries.count > 1 ? queries.dropFirst() : queries[...]
        let choices: [Int?] = worthwhile(points) + [nil]
        var times: [TuningRecord.ColdTime] = []
        for choice in choices {
            dropPages()
            view.index.readAheadDirectories()
            scratch.readsAhead = true
            try ask(first, choice, scratch)
            let clock = ContinuousClock()
            let time = try clock.measure { for query in timed { try ask(query, choice, scratch) } }
            times.append(
                TuningRecord.ColdTime(
                    effort: choice.map(Effort.number) ?? Effort.exactNumber,
                    time: Float(time / .microseconds(1)) / Float(timed.count)))
            try progress(times.count, choices.count)
        }
        return times
    }

    private func ask(_ query: ResolvedQuery, _ effort: Int?, _ scratch: ScanScratch) throws {
        var counters = SearchCounters()
        let search = search(query, Self.coldLimit, effort.map { Effort.ladder[$0] })
        _ = try scratch.search { try search.run(scratch, &counters) }
    }

    /// Returns the efforts that are the best of their way to search for some recall and some class of queries, with warm
    /// pages and ten hits. Cold pages make all efforts of one way slower, but hardly change their order.
    func worthwhile(_ points: [TuningRecord.Point]) -> [Int] {
        let curves = Dictionary(grouping: points.filter { Int($0.limit) == Self.coldLimit }, by: \.effort)
        func curve(_ effort: Int) -> [TuningRecord.Point] { curves[Effort.number(of: effort)] ?? [] }
        func isAtLeast(_ one: Int, _ other: Int) -> Bool {
            zip(curve(one), curve(other)).allSatisfy { $0.recall >= $1.recall && $0.time <= $1.time }
        }
        let measured = Effort.ladder.indices.filter { !curve($0).isEmpty }
        return measured.filter { effort in
            !measured.contains { other in
                other != effort && Effort.ladder[other].usesBlocks == Effort.ladder[effort].usesBlocks
                    && isAtLeast(other, effort) && (other < effort || !isAtLeast(effort, other))
            }
        }
    }
}

extension QuerySample {
    /// Returns a number of queries, drawn evenly from the classes and from the queries of each; fewer if there are fewer.
    func spread(_ count: Int) -> [ResolvedQuery] {
        let filled = classes.filter { !$0.isEmpty }
        var spread: [ResolvedQuery] = []
        for (number, queries) in filled.enumerated() {
            let share = min((count + number) / filled.count, queries.count)
            for index in 0..<share { spread.append(queries[index * queries.count / share]) }
        }
        return spread
    }
}

extension CommitIndex {
    /// Requests from the disk what every search reads, whatever its query.
    fileprivate func readAheadDirectories() {
        for member in members { member.segment.readAheadDirectories() }
        blocks?.index.readAheadDirectory()
    }
}
