"""The invented vocabulary of each party: names, streets, places, remarks."""

from dataclasses import dataclass


def _words(text):
    return text.split()


def _lines(text):
    return [line.strip() for line in text.strip().splitlines()]


@dataclass(frozen=True)
class Community:
    """Names that go together. share: of the members; women, men: given names of older and of younger ones."""

    share: float
    women: tuple[list[str], list[str]]
    men: tuple[list[str], list[str]]
    families: list[str]
    double_families: float = 0


def _community(share, older_women, younger_women, older_men, younger_men, families, double_families=0.0):
    women, men = (_words(older_women), _words(younger_women)), (_words(older_men), _words(younger_men))
    return Community(share, women, men, _words(families), double_families)


@dataclass(frozen=True)
class Vocabulary:
    """Words of one language; starts and ends make the names of places."""

    communities: tuple[Community, ...]
    titles: list[str]
    streets: list[str]
    landline: str
    mobiles: list[str]
    place_starts: list[str]
    place_ends: list[str]
    directions: list[str]
    reached: list[str]
    not_reached: list[str]
    not_needed: list[str]
    waiting_for: list[str]


# A telephone number whose subscriber part begins with 0 cannot ring anywhere in Germany or Israel.
GERMAN = Vocabulary(
    communities=(
        _community(
            0.83,
            "Renate Ursula Helga Ingrid Christa Gisela Monika Brigitte Karin Waltraud Heike Petra Sabine Kerstin "
            "Birgit Martina Angelika Gabriele Cornelia Marion Sigrid Edith Regina Annelies Barbara Dagmar Elke "
            "Jutta Silke Ute Ines Kathrin Steffi Katrin Claudia Ramona Carola",
            "Lena Hannah Selma Mia Emma Johanna Paula Clara Sophie Luise Frieda Marlene Charlotte Nele Lea Jana "
            "Anna Laura Julia Sarah Lisa Franziska Theresa Miriam Mirjam Carolin Elisa Pauline Ronja Milena",
            "Klaus Jürgen Manfred Wolfgang Horst Dieter Günter Werner Helmut Gerhard Siegfried Bernd Rainer Uwe "
            "Frank Detlef Lothar Eberhard Rolf Joachim Hartmut Volker Matthias Andreas Thomas Steffen Torsten "
            "Holger Jens Ralf Heiko Mario Rüdiger Ulrich Egon Hans-Jürgen Karl-Heinz Eckhard Norbert Wilfried "
            "Hagen Vitus",
            "Jonas Felix Tobias Maximilian Paul Leon Lukas Moritz Jakob Emil Anton Theo Oskar Konrad Linus Ben "
            "Finn Till Florian Sebastian Philipp Robert Erik Lars Martin Johannes David Simon Benedikt Valentin "
            "Samuel Elias Noah",
            "Reichelt Teichert Dorn Wendler Kirsten Menzel Zschoche Rogge Lohse Hempel Kunath Thümmler Noack "
            "Pietzsch Garbe Uhlig Eichler Zeidler Rademann Wünsche Seifarth Lippold Teuber Wiesner Ostwald Hartung "
            "Bräuer Böhme Hänsel Jähnig Mühlbach Naumann Öser Pfützner Quaas "
            "Schädlich Schönfelder Straube Tröger Übigau Völkel Weißbach Zimmer Zöllner Aurich Clauß "
            "Drescher Engelmann Fiebig Gäbler Jentzsch Klinger Leuschner Mehnert Neubert Oertel "
            "Preußler Scheffler Thiele Wächtler Zeuner Beyer Conrad Dietze Ehrlich Förster "
            "Grahl Haufe Kaden Lorenz Märker Otto Patzig Rühle Tittel Unger Vetter "
            "Wolfram Zschau Adam Blümel Born Dittrich Ebert Findeisen Gröschel Herklotz Irmscher Jacob "
            "Löchel Merbitz Nestler Opitz Pohlers Roscher Schmieder Trepte Viertel Winkler Zirme",
            0.06,
        ),
        _community(
            0.04,
            "Fatma Gülsen Emine Hatice Ayşe",
            "Aylin Yasemin Zeynep Elif Tülay Derya",
            "Cemil Mehmet Ahmet Ibrahim Hasan",
            "Emre Can Yusuf Deniz Kerem Baran",
            "Kaya Aksoy Yıldız Demir Şahin Öztürk Arslan Koç Aydın Çelik",
        ),
        _community(
            0.04,
            "Samira Huda Mariam Parvin",
            "Leyla Amira Nour Noor Rania Yara",
            "Hossein Nabil Walid Farid",
            "Tariq Amir Karim Omar Bilal Ali",
            "Haddad Benali Khalil Nasser Rahmani Ahmadi Hosseini Saleh Mansour Darwish",
        ),
        _community(
            0.03,
            "Thi-Hoa Thi-Lan Kim-Anh",
            "Linh Mai Thu Minh-Anh",
            "Van-Minh Quang Hung",
            "Minh Tuan Duc Nam",
            "Tran Nguyen Pham Le Vu Hoang Bui Dang",
        ),
        _community(
            0.04,
            "Zofia Halina Ludmila Galina Svetlana",
            "Zuzanna Agnieszka Ewa Oksana Daria Kateryna",
            "Stanislaw Nikolai Zoran Bohdan",
            "Mateusz Jakub Pavel Goran Danylo Andrij",
            "Petrow Kowalczyk Mazur Dvořák Novotný Horák Melnyk Bondarenko Kovalenko Shevchuk Tkachenko Petrović Marković Jovanović",
        ),
        _community(
            0.02,
            "Rosa Maria Dolores",
            "Chiara Grace Lucía",
            "Jorge Mario Kwame",
            "Matteo Samuel Diego",
            "Rossi Moretti Fernandes Okafor Mensah Diallo Castillo Ferreira",
        ),
    ),
    titles=["Dr.", "Dr.", "Dr.", "Prof. Dr."],
    streets=_words(
        "Lindengasse Wiesengrund Alte-Ziegelei-Straße Holunderweg Kranichstraße Uferzeile Fährmannsgasse "
        "Birkenhain Sonnenlehne Mühlgrabenweg Korbmacherweg Amselgrund Weinbergstiege Kirschallee Spinnereistraße "
        "Hopfengarten Rosenplatz Feldherrnhügel Ahornring Gerberwinkel Schmiedestieg Laternenweg Glockenberg "
        "Tuchmacherring Kohlenhof Drosselsteig Elsterbogen Brunnengasse Seilerbahn Ziegenleite"
    ),
    landline="0351",
    mobiles=["0151", "0160", "0170", "0172", "0175", "0176"],
    place_starts=_words(
        "Ahorn Altenb Auers Bären Berns Birken Blumen Brunn Buchen Burkers Diepolds Dorn Eber Eichen Ellers Erlen "
        "Eschen Falken Feld Fichten Fried Geiers Gold Gött Grün Hasel Hein Herms Hirsch Holz Hopfen Jahns Kalten "
        "Karls Kiefern Klein Königs Krumm Lang Lauter Lichten Linden Lohm Marien Möhr Mühl Neun Nieder Nuß Ober "
        "Otters Petz Quell Raben Rein Rohr Rosen Roth Salz Sand Schön Seiffers Silber Sommer Stein Sulz Tannen "
        "Teich Thier Ulmen Vogels Wald Weiden Weißen Wiesen Winters Wolfs Zeisig Ziegel"
    ),
    place_ends=_words(
        "au bach berg born brunn bruch burg dorf eck feld felde fels furt grund hagen hain hausen heide heim hof "
        "holz horst kirchen leite leben mark mühle münde ort rade reuth roda rode ruh see sied stadt stein stetten "
        "stieg tal thal walde weiler wiese winkel zell"
    ),
    directions=["", "-Nord", "-Süd", "-Ost", "-West", "-Mitte"],
    reached=_lines("""
        Interessiert sich für Wohnen und Verkehr.
        Möchte beim Infostand helfen.
        Kommt zur nächsten Sitzung mit.
        Hat kleine Kinder, abends lieber online.
        Kennt schon zwei Leute aus dem Vorstand.
        Fragt nach einem Rhetorikkurs.
        Langes, gutes Gespräch. Will erst einmal zuhören.
        Wünscht sich Post statt Mail.
        Arbeitet im Schichtdienst, am besten vormittags anrufen.
        Kann gut fotografieren und hilft gern bei der Webseite.
    """),
    not_reached=["", "", "Mailbox besprochen.", "Niemand da, Karte eingeworfen.", "Besetzt."],
    not_needed=_lines("""
        Ist seit Jahren aktiv und kennt alle.
        Hat das Buch schon bei der Eintrittsfeier bekommen.
        Möchte nicht angerufen werden.
        Arbeitet im Vorstand mit.
    """),
    waiting_for=["Parteibuch ist bestellt", "Liegt in der Geschäftsstelle", "Übergabe bei der nächsten Sitzung"],
)

HEBREW = Vocabulary(
    communities=(
        _community(
            0.72,
            "שרה רחל מרים אסתר שושנה חנה יפה צפורה רבקה דבורה מלכה נעמי אורנה דליה רותי עדנה זהבה ורדה חיה ברכה תמר אילנה נורית פנינה בתיה",
            "נועה מאיה יעל שירה טליה דנה אביגיל רוני עדי ליאור מיכל הדס ענבר גל נטע אלה שקד הילה קרן ליהי אביטל עינב רעות",
            "יעקב משה דוד אברהם יוסף חיים שלמה יצחק מאיר צבי אריה מנחם שמואל אליהו עמוס ראובן שמעון גדעון עזרא נסים",
            "יונתן איתן עומר נדב אורי איתי עידו ניתאי תומר אלון רועי יובל עמית גיא אסף דניאל אריאל יואב מתן הראל אדם",
            "רגב דגן ארבל סגיא שחם דרורי ניר תבור שקדי אלמוג ברקאי הדר ורדי חרמון יערי כרמלי לביא מור "
            "נוימן ססון עברון צדוק קדם רימון שגב תמיר ביטון בוחבוט וקנין טולדנו "
            "עמר רביב תורג׳מן אדלר ברגמן גולדשטיין הופמן זילבר נוסבאום פרידמן צוקרמן קליין "
            "רוטמן שטרן טספאי ביאדגלין",
            0.07,
        ),
        _community(
            0.11,
            "סופיה לודמילה גלינה אירינה סבטלנה",
            "אנסטסיה קתרינה אלינה יוליה מאיה",
            "ויקטור בוריס ולדימיר ליאוניד סמיון",
            "איגור ארטיום מקסים דמיטרי דניאל",
            "קגן קורן לוינסון מרקוביץ איבנוב וולקוב מורוזוב סמירנוב קוזלוב פופוב לבדב",
        ),
        _community(
            0.14,
            "פאטמה ח׳דיג׳ה סמירה נג׳אח סמאח",
            "אמל רים לינא ג׳ואן מייסא",
            "מוחמד אחמד נביל ג׳מאל סעיד חסן",
            "עלי מחמוד תאמר ראמי ג׳ורג׳",
            "אבו־ריש ח׳לאילה מסארוה נג׳אר סרסור עואודה חלבי חורי ג׳בארין טאטור מנסור",
        ),
        _community(
            0.03,
            "Margaret Susan Judith",
            "Julia Emily Rachel",
            "Robert Michael Alan",
            "Daniel Adam Joshua",
            "Morgenstern Marks Goldwater Ellison Sandler",
        ),
    ),
    titles=["ד״ר", "ד״ר", "ד״ר", "פרופ׳"],
    streets=_lines("""
        הנרקיס
        השקד
        דרך הפרדס
        משעול הצבעוני
        החלוצים
        שביל האורן
        הגפן
        רחוב המעיין
        סמטת הרימון
        הדרור
        האלה
        שדרות החרוב
        הכלנית
        נחל השיטה
        הזית
        מעלה התאנה
    """),
    landline="09",
    mobiles=["050", "052", "053", "054", "055", "058"],
    place_starts=_words("גבעת נווה קריית רמת כפר בית עין שדה מעלה תל הר נחל אלון גן בני מצפה נוף ניר משמר אור יד אלוני צור פרי"),
    place_ends=_words(
        "אורן אלון ארז ברוש גפן דקל הדס ורד זית חרוב חיטה יסמין כלנית לבונה לילך מורן נרקיס סביון ערבה פרג צבר "
        "צאלון קמה רימון רותם שיטה שקד תאנה תמר תפוח אגוז דרור עפרוני נשר שלדג חסידה יונה צופית סנונית איילה צבי "
        "יעל נמר שועל סלע חול אבן מעיין נחל אגם גל רוח שמש ירח כוכב שחר אביב סתיו ברק ענן קשת אופק שביל דרך גשר "
        "שער מגדל חומה טירה אסם גורן יקב כרם פרדס שדה ניצן פרח עלה ענף שורש זרע נטע יבול קציר בציר מסיק"
    ),
    directions=["", " צפון", " דרום", " מזרח", " מערב", " מרכז", " עילית"],
    reached=_lines("""
        רוצה לעזור בדוכן.
        שיחה טובה. מתעניינים בדיור ובתחבורה.
        להגיע יחד למפגש הבא בסניף.
        ילדים קטנים בבית, נוח יותר בזום.
        שאלה על קורס דיבור מול קהל.
        מבקשים דואר ולא מייל.
        עבודה במשמרות, נוח לדבר בבוקר.
        יש ניסיון בצילום ובאתר אינטרנט.
    """),
    not_reached=["", "", "הושארה הודעה.", "אין מענה.", "תפוס."],
    not_needed=_lines("""
        היכרות ותיקה, פעילות בסניף כבר שנים.
        הפנקס נמסר בערב ההצטרפות.
        בקשה שלא להתקשר.
    """),
    waiting_for=["הפנקס הוזמן", "ממתין במזכירות המחוז", "יימסר במפגש הבא"],
)
