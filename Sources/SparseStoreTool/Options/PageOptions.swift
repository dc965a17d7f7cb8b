internal import ArgumentParser
internal import SparseStore

/// The options for the part of an answer that `search` shows, and the fields of each hit.
struct PageOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "What hits bring of their documents: any of payload, tags, attributes and vector. (default: payload,tags)",
            valueName: "names"),
        transform: FieldsOption.parse)
    var fields: HitFields = [.payload, .tags]

    @Option(help: ArgumentHelp("Continue after an earlier page, which ended with this 'cursor'.", valueName: "cursor"))
    var after: String?

    @Option(help: "The number of hits, or groups, to skip.")
    var offset = 0

    @Flag(help: "Also count the documents that match.")
    var count = false

    func validate() throws {
        guard (0...Limits.maximumResults).contains(offset) else {
            throw ValidationError("--offset must be between 0 and \(Limits.maximumResults), not \(offset)")
        }
    }

    func apply(to options: inout SearchOptions) throws {
        options.fields = fields
        options.after = try after.map { try Cursor(parsing: $0) }
        options.offset = offset
        options.countsMatches = count
    }
}

/// The value of `--fields`: names separated by commas.
enum FieldsOption {
    private static let names: [(name: String, field: HitFields)] = [
        ("payload", .payload), ("tags", .tags), ("attributes", .attributes), ("vector", .vector),
    ]

    static func parse(_ text: String) throws -> HitFields {
        var fields: HitFields = []
        for part in text.split(separator: ",") {
            guard let known = names.first(where: { $0.name == part }) else {
                throw ValidationError(
                    "--fields has no field '\(part)'; use \(names.map(\.name).joined(separator: ", "))")
            }
            fields.insert(known.field)
        }
        return fields
    }
}

/// The value of `--group-by`: the name of an attribute, or `id:SEPARATOR`.
enum GroupKeyOption {
    static func parse(_ text: String) throws -> String {
        guard !text.isEmpty, text != "id:" else {
            throw ValidationError(
                "--group-by is to be the name of an attribute, or 'id:' and a separator, such as 'id:#', not '\(text)'")
        }
        return text
    }

    static func grouping(_ text: String, best: Int) -> Grouping {
        text.hasPrefix("id:") ? .byIDPrefix(upTo: String(text.dropFirst(3)), best: best) : .by(text, best: best)
    }
}
