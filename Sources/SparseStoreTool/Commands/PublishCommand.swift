internal import ArgumentParser
internal import SparseInterchange
internal import SparseStore

/// `sparsestore publish`
struct PublishCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "publish",
        abstract: "Ship the changes of a store to a folder or to S3.",
        discussion: """
            Writes the pages of the newest commit that the target lacks, compressed, and then a manifest that names \
            all pages of the commit. 'follow' makes a store from any publication, so each one is a restore point. The \
            store may be in use. The whole file is read and hashed, even if little is shipped.

            If the command is killed, the publications in the target stay complete; publish again. Several processes \
            may publish one store. A target belongs to one store.

            EXAMPLES:
              sparsestore publish wiki.sparse /backup/wiki
              sparsestore publish wiki.sparse s3://backups/wiki --keep 30
            """)

    @OptionGroup var store: StoreArgument
    @OptionGroup var target: TargetArgument

    @Option(
        help: """
            Afterward, keep only this many of the newest publications. Remove the others, and the pages that only \
            they use.
            """)
    var keep: Int?

    @OptionGroup var output: OutputOptions

    func validate() throws { try KeepOption.check(keep) }

    func run() throws {
        try target.requireOther(than: store.store)
        let store = try self.store.openFileForReading()
        defer { store.close() }
        let target = try self.target.open()
        let report = try store.publish(to: target)
        let removal = try keep.map { try Publication.remove(from: target, keeping: $0) }
        let text: String
        if output.isJSON {
            var fields: [(String, JSONValue)] = [
                ("generation", .integer(Int(report.generation))), ("new", .bool(report.isNew)),
                ("objects", .integer(report.objects)), ("bytes", .integer(report.bytes)),
                ("file_bytes", .integer(report.fileBytes)),
            ]
            if let removal { fields += removal.fields }
            text = JSONValue.object(fields).text
        } else {
            text =
                (report.isNew
                    ? "published generation \(report.generation): \(Figures.bytes(report.bytes)) of "
                        + Figures.bytes(report.fileBytes)
                    : "generation \(report.generation) has already been published")
                + (removal.map { "\n\($0.sentence)" } ?? "")
        }
        try Output.standard.write(text + "\n")
    }
}

/// `sparsestore publications`
struct PublicationsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "publications",
        abstract: "List the publications of a target, or remove old ones.",
        discussion: """
            Prints one line for each publication, oldest first: the generation for 'follow --at', the time of \
            publication, the number of documents, and the size of the store's file.

            EXAMPLES:
              sparsestore publications /backup/wiki
              sparsestore publications s3://backups/wiki --keep 30
            """)

    @OptionGroup var target: TargetArgument

    @Option(
        help: """
            First keep only this many of the newest publications. Remove the others, and the pages that only they use.
            """)
    var keep: Int?

    @OptionGroup var output: OutputOptions

    func validate() throws { try KeepOption.check(keep) }

    func run() throws {
        let target = try self.target.open()
        if let keep {
            let removal = try Publication.remove(from: target, keeping: keep)
            if !output.isJSON { Output.note(removal.sentence + "\n") }
        }
        let publications = try Publication.all(in: target)
        if output.isJSON {
            for publication in publications {
                let line = JSONValue.object([
                    ("generation", .integer(Int(publication.generation))), ("time", .string(publication.when)),
                    ("documents", .integer(publication.documents)), ("file_bytes", .integer(publication.fileBytes)),
                ])
                try Output.standard.write(line.text + "\n")
            }
            return
        }
        var table = TextTable(rightAligned: [0, 2, 3])
        table.add("generation", "published", "documents", "file")
        for publication in publications {
            table.add(
                "\(publication.generation)", publication.when, Figures.count(publication.documents),
                Figures.bytes(publication.fileBytes))
        }
        try Output.standard.write(table.text)
    }
}

private enum KeepOption {
    static func check(_ keep: Int?) throws {
        guard keep.map({ $0 >= 1 }) ?? true else { throw ValidationError("--keep must be 1 or more") }
    }
}

extension Publication.Removal {
    fileprivate var fields: [(String, JSONValue)] {
        [("removed_publications", .integer(publications)), ("removed_objects", .integer(publications + chunks))]
    }

    fileprivate var sentence: String {
        "removed \(Figures.count(publications)) publications and \(Figures.count(chunks)) chunks"
    }
}
