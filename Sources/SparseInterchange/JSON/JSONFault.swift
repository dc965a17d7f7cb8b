/// The reason why a line is not valid input, and the byte where the problem is.
struct JSONFault: Error, Equatable {
    enum Reason: String {
        case expectedObject = "expected '{'"
        case expectedKey = "expected a name in double quotes"
        case expectedColon = "expected ':' after a name"
        case expectedCommaOrBrace = "expected ',' or '}'"
        case expectedCommaOrBracket = "expected ',' or ']'"
        case expectedString = "expected a string"
        case expectedNumber = "expected a number"
        case expectedPair = "expected a pair of a term and its weight"
        case expectedArray = "expected '['"
        case expectedValue = "expected a value"
        case trailingBytes = "there is extra text after the object"
        case unterminatedString = "a string is not terminated"
        case controlCharacter = "a string has a control character that is not escaped"
        case badEscape = "a string has an unknown escape"
        case loneSurrogate = "a string has a lone surrogate"
        case invalidUTF8 = "invalid UTF-8"
        case malformedNumber = "a number is malformed"
        case numberTooLong = "a number is too long"
        case numberOverflow = "a number is too large for a 32-bit float"
        case tooDeep = "values are nested too deeply"
        case duplicateKey = "a field appears twice"
        case duplicateTerm = "a term appears twice in the vector"
        case tooManyTerms = "the vector has too many terms"
        case missingID = "the id is missing"
        case invalidID = "the id is neither a string nor an integer"
        case identifierLength = "the id is empty or longer than 500 bytes"
        case missingText = "the text field is missing"
        case expectedTextLine = "expected a JSON object, or an id, a tab and a text"
        case missingVector = "the vector is missing"
        case emptyVector = "the vector has no weight above zero"
        case termLength = "a term is empty or longer than 400 bytes"
        case negativeWeight = "a weight is negative"
        case weightNotFinite = "a weight is null, NaN or infinite"
        case weightOutOfRange = "a weight is smaller than 1e-15 or larger than 1e15"
        case zeroWeight = "a weight is zero"
        case textWeight = "a weight is written as a string"
        case unknownField = "a field is not read"
        case invalidIndex = "an index is not a whole number from 0 to 4294967295"
        case unequalVector = "'indices' or 'values' is missing, or their lengths differ"
        case tooManyTags = "there are more than 256 tags"
        case tagLength = "a tag is empty or longer than 200 bytes"
        case tooManyAttributes = "there are more than 64 attributes"
        case attributeName = "an attribute name is empty or longer than 100 bytes"
        case duplicateAttribute = "an attribute appears twice"
        case attributeValue = "an attribute is neither a number, a Boolean, a string nor a list"
        case attributeString = "a string of an attribute is longer than 200 bytes"
        case attributeNumber = "a number of an attribute is too large"
        case attributeDate = "a date is not in RFC 3339 form, such as 2024-01-31T12:00:00Z or 2024-01-31"
        case attributeList = "a list of an attribute does not have only integers or only strings"
        case attributeListLength = "a list of an attribute has more than 1024 elements"
        case payloadNotString = "the payload field is not a string"
        case contentNotString = "the field 'content' is not a string"
        case invalidBase64 = "the field 'payload_base64' is not a base64 string"
        case twoPayloads = "the fields 'content' and 'payload_base64' are both present"
        case gradeNotWhole = "a grade is not a whole number"
        case contradictingGrade = "a document has two different grades"
        case tagNotString = "a tag is not a string"
        case noTokens = "the multivector has no token vectors, or one is empty"
        case tooManyTokens = "there are more than 4096 token vectors"
        case dimension = "a token vector has more than 1024 components"
        case unequalTokens = "the token vectors differ in length"
        case componentOutOfRange = "a component of a token vector is outside -65504 to 65504"
    }

    let reason: Reason
    /// The byte of the line, from 0; nil if the problem concerns the whole line.
    let position: Int?
    /// The option that would accept the line, if there is one.
    let hint: String?
    /// The id of the document or query, if it is known.
    private(set) var id: String?
    /// The term whose weight is the problem, if it is one.
    private(set) var term: String?

    init(_ reason: Reason, at position: Int? = nil, hint: String? = nil) {
        self.reason = reason
        self.position = position
        self.hint = hint
    }

    /// A document has no vector, which `--empty-vectors` accepts.
    static let emptyVector = JSONFault(.emptyVector, hint: "--empty-vectors")

    /// Whether the problem is a bad weight, which `--drop-bad-weights` leaves out.
    var concernsWeight: Bool { [.negativeWeight, .weightNotFinite, .weightOutOfRange].contains(reason) }

    /// Returns the fault with what it is about. Existing details are kept.
    func about(id: String? = nil, term: String? = nil) -> JSONFault {
        var fault = self
        fault.id = self.id ?? id
        fault.term = self.term ?? term
        return fault
    }

    /// The description for human readers. Of the line, it names at most the id and a term.
    var text: String {
        let reason = hint.map { "\(self.reason.rawValue); try \($0)" } ?? self.reason.rawValue
        let places = [
            id.map { "id \(Self.quoted($0))" }, term.map { "term \(Self.quoted($0))" },
            position.map { "byte \($0 + 1)" },
        ].compactMap(\.self)
        return places.isEmpty ? reason : "\(places.joined(separator: ", ")): \(reason)"
    }

    /// Returns the beginning of an id or a term in quotation marks, on one line and without invisible characters.
    static func quoted(_ text: String) -> String {
        let scalars = text.unicodeScalars.prefix(60).map { scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator: "\u{FFFD}" as Unicode.Scalar
            default: scalar
            }
        }
        var line = String.UnicodeScalarView()
        line.append(contentsOf: scalars)
        return "'\(String(line))\(scalars.count < text.unicodeScalars.count ? "..." : "")'"
    }
}
