internal import ArgumentParser
internal import SparseInterchange
internal import SparseStore
internal import SystemPackage

/// `sparsestore verify`
struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Check a store for damage.",
        discussion: """
            The quick check covers the file header, the manifest, the counters and the completeness of every segment. \
            --deep checks the checksum of every value and every numbered invariant of FORMAT.md; it reads the whole \
            store several times. Nothing is changed, and the store may be in use. The command works on read-only \
            media, and on a read-only file if its lock file is writable.

            The store is read in a separate process. LMDB's pages have no checksums, so damage to them can crash that \
            process or send it into a loop; this is reported like any other finding.

            The exit code is 0 for a sound store and 3 for a damaged one.

            In a folder of shards, each shard is verified separately; --json writes one line for each. Then the \
            command checks that they belong together, and with --deep, that no id is in more than one shard.

            EXAMPLES:
              sparsestore verify wiki.sparse
              sparsestore verify wiki.sparse --deep --json
              sparsestore verify shards/ --deep
            """)

    @OptionGroup var store: StoreArgument

    @Flag(help: "Check every value and every invariant.")
    var deep = false

    @OptionGroup var output: OutputOptions
    @OptionGroup var supervision: Supervision

    private var level: VerificationLevel { deep ? .deep : .quick }

    func run() throws {
        if supervision.isChild { return try show(verify()) }
        guard !store.isFolder else { return try verifyShards() }
        guard let collapse = try supervision.run() else { return }
        var report = VerificationReport(level: level)
        report.add(collapse.finding)
        try show(report)
    }

    /// Verifies one shard after the other, each in a separate process, and then checks that they belong together.
    private func verifyShards() throws {
        var failed: [(path: String, status: ExitStatus)] = []
        for path in try store.shards {
            let shown = output.isJSON ? "" : "\(path): "
            try Output.standard.write(shown)
            try Output.standard.flush()
            do {
                let arguments =
                    ["verify", path.string, "--stall-limit", "\(supervision.stallLimit)"] + (deep ? ["--deep"] : [])
                    + (output.isJSON ? ["--json"] : []) + store.access.arguments
                guard let collapse = try supervision.run(arguments) else { continue }
                var report = VerificationReport(level: level)
                report.add(collapse.finding)
                let show = VerificationShow(report: report)
                try Output.standard.write(output.isJSON ? show.json.text + "\n" : show.text)
                failed.append((path.string, .corrupted))
            } catch let error as AlreadyReported {
                failed.append((path.string, error.status))
            }
        }
        if let first = failed.first {
            throw CommandFailure(
                first.status,
                "\(failed.count) of the shards are damaged or cannot be opened; the first is '\(first.path)'")
        }
        let store = try self.store.openForReading()
        defer { store.close() }
        if deep { try store.read { try $0.checkIdentifiers() } } else { try store.read { _ in } }
    }

    private func verify() throws -> VerificationReport {
        InterruptFlag.install()
        do {
            let store = try self.store.openFileForReading()
            defer { store.close() }
            return try store.verify(level) { progress in
                try supervision.tell(progress)
            }
        } catch let error as SparseStoreError where error.code == .corrupted {
            // An error that keeps the store from being opened is a finding too.
            var report = VerificationReport(level: level)
            report.add(
                VerificationReport.Finding(
                    rule: "open", table: "", key: "", sentence: error.problem,
                    remedy: "restore a backup, or run 'sparsestore repair'"))
            return report
        }
    }

    private func show(_ report: VerificationReport) throws {
        let show = VerificationShow(report: report)
        try Output.standard.write(output.isJSON ? show.json.text + "\n" : show.text)
        guard !report.isClean else { return }
        let findings = report.findingCount == 1 ? "1 finding" : "\(Figures.count(report.findingCount)) findings"
        throw CommandFailure(
            .corrupted, "'\(store.store)' is damaged: \(findings); restore a backup, or see 'sparsestore repair --help'"
        )
    }
}
