"""Names of people, streets and places to draw from."""

FIRST_NAMES = """
Ingrid Kari Anne Solveig Astrid Marit Hilde Silje Ida Nora Emma Maja Thea Sigrid
Ragnhild Berit Turid Gunn Live Tuva Frida Amalie Oda Tiril Marte Kristin Camilla Hege
Randi Åse Lars Ole Per Knut Bjørn Arne Svein Tor Håkon Magnus Jakob Emil Oskar Filip
Henrik Sondre Eirik Øyvind Ståle Geir Trond Morten Espen Kåre Odd Leif Aksel Mathias
Sverre Jørgen Amina Fatima Layla Yasmin Hodan Zahra Samira Agnieszka Katarzyna Olena
Svitlana Thi Mai Mohammed Ahmed Omar Yusuf Abdi Hassan Reza Piotr Tomasz Marek Andrii
Dmytro Minh Aman Elle Biret Máret Ánte Nils-Áslat Inga Jovnna
""".split()  # noqa: SIM905 -- words read best as a paragraph

LAST_NAMES = """
Hansen Johansen Olsen Larsen Andersen Pedersen Nilsen Kristiansen Jensen Karlsen
Johnsen Pettersen Eriksen Berg Haugen Hagen Johannessen Andreassen Jacobsen Dahl
Halvorsen Lund Sørensen Moen Gundersen Strand Solberg Solbakken Bakken Lien Eide
Nygård Sæther Tveit Myhre Brekke Fossum Aasen Vik Haugland Hauge Øverland Nes Fjeld
Rønning Kvamme Sunde Tangen Bø Lunde Skaar Myklebust Hovland Helle Torsvik Sandvik
Årdal Øygard Ås Ali Ahmed Khan Hussain Mohamed Nguyen Kowalski Nowak Wiśniewski
Kovalenko Shevchenko Tesfay Abdi Warsame Haile Hætta Sara Gaup
""".split()  # noqa: SIM905 -- words read best as a paragraph

BUSINESS_NAMES = """
Bakeri Bygg Rør Elektro Kafé Regnskap Fisk Transport Blomster Tannklinikk Sveis
Snekkeri Frisør Trelast Maskin Gartneri Optikk Sykkel
""".split()  # noqa: SIM905 -- words read best as a paragraph

STREETS = """
Storgata Kirkegata Strandgata Skolegata Sjøgata Torggata Nygata Parkveien Skoleveien
Fjordveien Bjørkeveien Granveien Furuveien Eikeveien Rogneveien Kirkeveien
Stasjonsveien Elveveien Bekkeveien Solbakken Utsikten Øvregata Nedregata Havnegata
Prestegårdsveien Møllebakken Haugeveien Liaveien Myrveien Nesveien Sagveien Åsveien
Lyngveien Tjernveien
""".split()  # noqa: SIM905 -- words read best as a paragraph

PLACES = (
    ("5003", "Bergen"),
    ("5006", "Bergen"),
    ("5009", "Bergen"),
    ("5034", "Bergen"),
    ("5052", "Bergen"),
    ("5200", "Os"),
    ("5300", "Kleppestø"),
    ("5411", "Stord"),
    ("5417", "Stord"),
    ("5460", "Husnes"),
    ("5521", "Haugesund"),
    ("5528", "Haugesund"),
    ("5600", "Norheimsund"),
    ("5610", "Øystese"),
    ("5700", "Voss"),
    ("5730", "Ulvik"),
    ("5743", "Flåm"),
    ("5745", "Aurland"),
    ("5750", "Odda"),
    ("5780", "Kinsarvik"),
    ("5783", "Eidfjord"),
    ("6002", "Ålesund"),
    ("6060", "Hareid"),
    ("6065", "Ulsteinvik"),
    ("6100", "Volda"),
    ("6150", "Ørsta"),
    ("6200", "Stranda"),
    ("6300", "Åndalsnes"),
    ("6413", "Molde"),
    ("6700", "Måløy"),
    ("6770", "Nordfjordeid"),
    ("6783", "Stryn"),
    ("6800", "Førde"),
    ("6823", "Sandane"),
    ("6856", "Sogndal"),
    ("6868", "Gaupne"),
    ("6885", "Årdalstangen"),
    ("6899", "Balestrand"),
    ("6905", "Florø"),
)
