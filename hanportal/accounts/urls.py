"""Where people log in and out. None of allauth's own pages is among them."""

from django.contrib import admin
from django.urls import path

from hanportal.accounts.views import (
    acting,
    company,
    customers,
    enrolment,
    people,
    security,
    staff,
    step_up,
)

PERSON = "ansatt/personer/<uuid:person_id>/"
RESET = f"{PERSON}ny-innlogging/"

urlpatterns = [
    path("logg-inn/", customers.log_in, name="account_login"),
    path("logg-inn/bekreft/", customers.reauthenticate, name="reauthenticate"),
    path("logg-inn/retur/", customers.callback, name="eid_callback"),
    path("min-side/handle-for/", acting.act_for, name="act_for"),
    path("logg-ut/", customers.log_out, name="account_logout"),
    path("ansatt/", staff.home, name="staff_home"),
    path("ansatt/logg-inn/", staff.log_in, name="staff_login"),
    path("ansatt/logg-inn/kode/", staff.second_factor, name="staff_second_factor"),
    path("ansatt/logg-inn/oppsett/", enrolment.enrol, name="staff_enrol"),
    path("ansatt/logg-ut/", staff.log_out, name="staff_logout"),
    path("ansatt/passord/", people.choose_password, name="staff_choose_password"),
    path("ansatt/logg-inn/firma/", company.log_in, name="staff_company_login"),
    path(
        "ansatt/logg-inn/firma/retur/", company.callback, name="staff_company_callback"
    ),
    path("ansatt/logg-inn/firma/kode/", company.bind, name="staff_company_bind"),
    path("ansatt/bekreft/", step_up.step_up, name="staff_step_up"),
    path("ansatt/bekreft/fortsett/", step_up.go_on, name="staff_continue"),
    path("ansatt/bekreft/firma/", company.ask_again, name="staff_company_confirm"),
    path("ansatt/sikkerhet/", security.security, name="staff_security"),
    path(
        "ansatt/sikkerhet/passord/",
        security.change_password,
        name="staff_change_password",
    ),
    path("ansatt/sikkerhet/andre/", security.end_sessions, name="staff_end_sessions"),
    path(
        "ansatt/sikkerhet/stopp/", security.stop_own_reset, name="staff_stop_own_reset"
    ),
    path(
        "ansatt/sikkerhet/firma/", company.bind_from_inside, name="staff_company_inside"
    ),
    path("ansatt/sikkerhet/ny/", enrolment.add_factor, name="staff_add_factor"),
    path(
        "ansatt/sikkerhet/<int:factor_id>/fjern/",
        enrolment.remove_factor,
        name="staff_remove_factor",
    ),
    path(
        "ansatt/sikkerhet/koder/",
        enrolment.recovery_codes,
        name="staff_recovery_codes",
    ),
    path("ansatt/personer/", people.people, name="staff_people"),
    path("ansatt/personer/ny/", people.invite, name="staff_invite"),
    path(PERSON, people.person, name="staff_person"),
    path(f"{PERSON}gi-rolle/", people.give_role, name="staff_give_role"),
    path(f"{PERSON}ta-rolle/", people.end_role, name="staff_end_role"),
    path(f"{PERSON}av/", people.switch_off, name="staff_switch_off"),
    path(f"{PERSON}pa/", people.switch_on, name="staff_switch_on"),
    path(RESET, people.ask_for_reset, name="staff_ask_for_reset"),
    path(f"{RESET}godkjenn/", people.approve_reset, name="staff_approve_reset"),
    path(f"{RESET}stopp/", people.stop_reset, name="staff_stop_reset"),
    path("admin/", admin.site.urls),
]
