internal import ArgumentParser
internal import SparseInterchange
internal import SparseStore
internal import SystemPackage

/// `sparsestore stats`
struct StatsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats",
        abstract: "Show what a store contains and how large it is.",
        discussion: """
            EXAMPLES:
              sparsestore stats wiki.sparse
              sparsestore stats wiki.sparse --json
              sparsestore stats shards/
            """)

    @OptionGroup var store: StoreArgument
    @OptionGroup var output: OutputOptions

    func run() throws {
        let store = try self.store.openForReading()
        defer { store.close() }
        let shards = try ProgressLine().during("counting") { try store.statistics() }
        for failure in store.unopened { Output.note("\(failure)\n") }
        if shards.count == 1, !self.store.isFolder {
            let statistics = shards[0].statistics
            try Output.standard.write(output.isJSON ? Self.json(statistics).text + "\n" : Self.text(statistics))
            return
        }
        let all = StoreStatistics(of: shards.map(\.statistics), terms: try store.read { try $0.termCount() })
        try Output.standard.write(output.isJSON ? Self.json(all, shards).text + "\n" : Self.text(all, shards))
        if let failure = store.unopened.first { throw failure }
    }

    /// The statistics of the shards together, and of each of them.
    private static func json(
        _ all: StoreStatistics, _ shards: [(path: FilePath, statistics: StoreStatistics)]
    ) -> JSONValue {
        guard case .object(let fields) = json(all) else { return json(all) }
        let parts = shards.map { shard in
            JSONValue.object([
                ("path", .string(shard.path.string)), ("documents", .integer(shard.statistics.documents)),
                ("terms", .integer(shard.statistics.terms)), ("nonzeros", .integer(shard.statistics.nonzeros)),
                ("file_bytes", .integer(shard.statistics.fileBytes)),
                ("generation", .integer(Int(clamping: shard.statistics.generation))),
            ])
        }
        return .object(fields + [("shards", .array(parts))])
    }

    private static func text(
        _ all: StoreStatistics, _ shards: [(path: FilePath, statistics: StoreStatistics)]
    ) -> String {
        var summary = all
        summary.segments = []
        var table = TextTable(rightAligned: [1, 2, 3, 4], indent: "  ")
        table.add("shard", "documents", "nonzeros", "file", "generation")
        for (path, statistics) in shards {
            table.add(
                path.lastComponent?.string ?? path.string, Figures.count(statistics.documents),
                Figures.count(statistics.nonzeros), Figures.bytes(statistics.fileBytes), "\(statistics.generation)")
        }
        return text(summary) + "\n" + table.text
    }

    static func json(_ statistics: StoreStatistics) -> JSONValue {
        .object([
            ("documents", .integer(statistics.documents)),
            ("terms", .integer(statistics.terms)),
            ("nonzeros", .integer(statistics.nonzeros)),
            ("segments", .array(statistics.segments.map(json))),
            ("blocks", .optional(statistics.blocks, json)),
            ("file_bytes", .integer(statistics.fileBytes)),
            ("live_bytes", .integer(statistics.liveBytes)),
            ("free_bytes", .integer(statistics.freeBytes)),
            ("dead_bytes", .integer(statistics.deadBytes)),
            ("staged_bytes", .integer(statistics.stagedBytes)),
            ("segments_due", .integer(statistics.segmentsDue)),
            ("write_amplification", .number(Figures.rounded(statistics.writeAmplification, 3))),
            ("generation", .integer(Int(clamping: statistics.generation))),
            ("bytes_written", .integer(Int(clamping: statistics.bytesWritten))),
            ("bytes_merged", .integer(Int(clamping: statistics.bytesMerged))),
            ("multivectors", .optional(statistics.multivectors, json)),
            ("dictionaries", .integer(statistics.dictionaries)),
            ("readers", .integer(statistics.readers)),
            ("oldest_reader", .optional(statistics.oldestReader, json)),
            ("format", .string(statistics.format)),
            ("profile", .string("\(statistics.profile)")),
        ])
    }

    private static func json(_ reader: ReaderStatistics) -> JSONValue {
        .object([
            ("process", .integer(reader.process)),
            ("thread", .string(reader.thread)),
            ("commits_behind", .integer(reader.commitsBehind)),
        ])
    }

    private static func json(_ blocks: BlockStatistics) -> JSONValue {
        .object([
            ("documents", .integer(blocks.documents)),
            ("documents_built", .integer(blocks.documentsBuilt)),
            ("terms", .integer(blocks.terms)),
            ("bytes", .integer(blocks.bytes)),
        ])
    }

    private static func json(_ multivectors: MultivectorStatistics) -> JSONValue {
        .object([
            ("documents", .integer(multivectors.documents)),
            ("tokens", .integer(multivectors.tokens)),
            ("dimension", .integer(multivectors.dimension)),
            ("codec", .string("\(multivectors.codec)")),
            ("outdated", .integer(multivectors.outdated)),
            ("bytes", .integer(multivectors.bytes)),
            ("bytes_per_token", .number(Figures.rounded(multivectors.bytesPerToken, 2))),
        ])
    }

    private static func json(_ segment: SegmentStatistics) -> JSONValue {
        .object([
            ("id", .integer(Int(segment.id))),
            ("kind", .string(segment.kind)),
            ("profile", .string("\(segment.profile)")),
            ("documents", .integer(segment.documents)),
            ("tombstones", .integer(segment.tombstones)),
            ("nonzeros", .integer(segment.nonzeros)),
            ("bytes", .integer(segment.bytes)),
        ])
    }

    static func text(_ statistics: StoreStatistics) -> String {
        var table = TextTable()
        table.add("documents", Figures.count(statistics.documents))
        table.add("terms", Figures.count(statistics.terms))
        table.add("nonzeros", Figures.count(statistics.nonzeros))
        if let multivectors = statistics.multivectors {
            table.add(
                "multivectors",
                "\(Figures.count(multivectors.documents)), \(Figures.count(multivectors.tokens)) tokens of "
                    + "\(multivectors.dimension) dimensions")
            table.add(
                "codec",
                "\(multivectors.codec), \(Figures.decimal(multivectors.bytesPerToken, 1)) bytes per token"
                    + (multivectors.outdated > 0 ? " (\(Figures.count(multivectors.outdated)) in another codec)" : ""))
        }
        if let blocks = statistics.blocks {
            table.add(
                "block index",
                "\(Figures.count(blocks.documents)) of \(Figures.count(blocks.documentsBuilt)) documents left, "
                    + Figures.bytes(blocks.bytes))
        }
        table.add("file", Figures.bytes(statistics.fileBytes))
        table.add("live", Figures.bytes(statistics.liveBytes))
        table.add("dead", Figures.bytes(statistics.deadBytes))
        table.add("free", Figures.bytes(statistics.freeBytes))
        table.add("generation", "\(statistics.generation)")
        table.add("format", statistics.format)
        table.add("profile", "\(statistics.profile)")
        guard !statistics.segments.isEmpty else { return table.text }
        var segments = TextTable(rightAligned: [0, 3, 4, 5, 6], indent: "  ")
        segments.add("segment", "kind", "profile", "documents", "removed", "nonzeros", "bytes")
        for segment in statistics.segments {
            segments.add(
                "\(segment.id)", segment.kind, "\(segment.profile)", Figures.count(segment.documents),
                Figures.count(segment.tombstones),
                Figures.count(segment.nonzeros), Figures.bytes(segment.bytes))
        }
        return table.text + "\n" + segments.text
    }
}
