internal import ArgumentParser
internal import SparseInterchange
internal import SparseStore
internal import SystemPackage

/// `sparsestore repair`
struct RepairCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "repair",
        abstract: "Make a new store of what can still be read of a damaged one.",
        discussion: """
            Reads the documents and makes everything else anew: identifiers, vocabulary, statistics, index. The damaged \
            file is left as it is. When documents are damaged too, or their token vectors are, they are listed and nothing \
            is written, unless --skip-damaged says to go on without what is lost: a document whose token vectors alone are \
            damaged is kept without them. A backup is better than a repair.

            As `verify` does, it reads the damaged store in a process of its own.

            EXAMPLES:
              sparsestore repair wiki.sparse --to mended.sparse
              sparsestore repair wiki.sparse --to mended.sparse --skip-damaged --json
            """)

    @OptionGroup var store: StoreArgument

    @Option(name: .customLong("to"), help: "Where the new store is made; nothing may stand there.")
    var target: String

    @Flag(help: "Leave out the documents and token vectors that are damaged.")
    var skipDamaged = false

    @OptionGroup var output: OutputOptions
    @OptionGroup var supervision: Supervision

    func run() throws {
        try UsedFiles(store: store.store).requireOtherStandardStreams()
        guard supervision.isChild else {
            if let collapse = try supervision.run() { throw collapse.failure(store.store) }
            return
        }
        InterruptFlag.install()
        var configuration = Configuration()
        configuration.isReadOnly = store.access.withoutLock
        try store.access.apply(to: &configuration)
        let report = try Store.repair(
            FilePath(store.store), to: FilePath(target), skippingDamaged: skipDamaged, configuration: configuration
        ) { progress in
            try supervision.tell(progress.check, progress.table, progress.key, progress.values)
        }
        let show = RepairShow(report: report)
        try Output.standard.write(output.isJSON ? show.json.text + "\n" : show.text)
        guard report.isWritten else {
            throw CommandFailure(
                .corrupted,
                "\(Figures.count(report.damagedCount)) damaged documents and the token vectors of "
                    + "\(Figures.count(report.lostMultivectors)) others would be lost and nothing was written; restore a "
                    + "backup, or give --skip-damaged")
        }
    }
}
