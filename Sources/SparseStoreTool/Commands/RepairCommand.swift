internal import ArgumentParser
internal import SparseInterchange
internal import SparseStore
internal import SystemPackage

/// `sparsestore repair`
struct RepairCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "repair",
        abstract: "Build a new store from the readable documents of a damaged one.",
        discussion: """
            Reads the documents and rebuilds everything else: identifiers, vocabulary, statistics and index. The \
            damaged file is not changed. If documents or their token vectors are damaged too, they are listed and \
            nothing is written. With --skip-damaged, damaged documents are left out, and a document with damaged \
            token vectors is kept without them. If you have a backup, restore it instead.

            The damaged store is read in a separate process, as 'verify' does.

            EXAMPLES:
              sparsestore repair wiki.sparse --to mended.sparse
              sparsestore repair wiki.sparse --to mended.sparse --skip-damaged --json
            """)

    @OptionGroup var store: StoreArgument

    @Option(name: .customLong("to"), help: "The path of the new store. No file may exist there.")
    var target: String

    @Flag(help: "Leave out damaged documents and damaged token vectors.")
    var skipDamaged = false

    @OptionGroup var output: OutputOptions
    @OptionGroup var supervision: Supervision

    func run() throws {
        try store.requireFile()
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
            try supervision.tell(progress)
        }
        let show = RepairShow(report: report)
        try Output.standard.write(output.isJSON ? show.json.text + "\n" : show.text)
        guard report.isWritten else {
            throw CommandFailure(
                .corrupted,
                "\(Figures.count(report.damagedCount)) damaged documents and the token vectors of "
                    + "\(Figures.count(report.lostMultivectors)) others would be lost, so nothing was written; "
                    + "restore a backup, or use --skip-damaged")
        }
    }
}
